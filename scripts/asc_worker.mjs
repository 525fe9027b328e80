/** Compiles AssemblyScript in this process, one job after the other: the second job finds a warm compiler. */
import asc from 'assemblyscript/asc';

process.on('message', async (job) => {
  const lines = [];
  const sink = { write: (text) => lines.push(String(text)) };
  let failed = false;
  try {
    const { error } = await asc.main(job.args, { stdout: sink, stderr: sink });
    failed = error != null;
    if (error && lines.length === 0) lines.push(error.stack ?? String(error));
  } catch (error) {
    failed = true;
    lines.push(String(error));
  }
  process.send({ failed, output: lines.join('') });
});
