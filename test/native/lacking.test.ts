import { expect, test } from 'vitest';
import { BuildError, LabError } from '../../native-backend/lab/target.ts';
import { lacking } from './lacking.ts';

const fails = (error: Error) => lacking(() => Promise.reject(error));

test('tests skip for what a machine lacks, and fail for what is wrong with us', async () => {
  expect(await lacking(() => Promise.resolve())).toBeUndefined();
  expect(await fails(new LabError('there is no compiler.'))).toBe('there is no compiler.');
  await expect(fails(new BuildError('the agent cannot be built.'))).rejects.toThrow('cannot be built');
  await expect(fails(new TypeError('x is not a function'))).rejects.toThrow(TypeError);
});
