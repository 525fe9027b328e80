/** Why tests of real kernels skip themselves: the machine lacks something. That our own sources do not build is no such reason. */
import { BuildError, LabError } from '../../native-backend/lab/target.ts';

/** What the machine lacks of what `need` asks for, as the lab says it; undefined: nothing. Any other error is one. */
export async function lacking(need: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await need();
    return undefined;
  } catch (error) {
    if (error instanceof LabError && !(error instanceof BuildError)) return error.message;
    throw error;
  }
}
