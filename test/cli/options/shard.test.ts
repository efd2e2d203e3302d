/*
  `--shard` numbers one of several processes. The user or a scheduler gives the number.
*/
import t from 'tap'
import { readShard, shardOf } from '../../../src/cli/options/shard.js'

t.test('a given shard is used', t => {
  t.strictSame(shardOf(readShard('1/1'), {}), { index: 1, count: 1 })
  t.strictSame(shardOf(readShard('3/8'), { JOB_COMPLETION_INDEX: '7' }), { index: 3, count: 8 })
  for (const text of [
    '9/8',
    '0/8',
    '1/0',
    '1',
    '',
    'x',
    '1/8/2',
    '-1/8',
    '1.5/8',
    'auto/',
    '01/8',
    ' 1/8',
  ]) {
    t.throws(() => readShard(text), { code: 'DDB_USAGE', exitCode: 64 }, text)
  }
  t.end()
})

const slurm = (id: number, min: number, max: number, step: number, count: number) => ({
  SLURM_ARRAY_TASK_ID: String(id),
  SLURM_ARRAY_TASK_MIN: String(min),
  SLURM_ARRAY_TASK_MAX: String(max),
  SLURM_ARRAY_TASK_STEP: String(step),
  SLURM_ARRAY_TASK_COUNT: String(count),
})

t.test('each scheduler counts in its own way', t => {
  for (const [asked, environment, index, count] of [
    ['auto/8', { JOB_COMPLETION_INDEX: '0' }, 1, 8],
    ['auto/8', { JOB_COMPLETION_INDEX: '7' }, 8, 8],
    ['auto', { AWS_BATCH_JOB_ARRAY_INDEX: '2', AWS_BATCH_JOB_ARRAY_SIZE: '10' }, 3, 10],
    ['auto/10', { AWS_BATCH_JOB_ARRAY_INDEX: '2', AWS_BATCH_JOB_ARRAY_SIZE: '10' }, 3, 10],
    ['auto/10', { AWS_BATCH_JOB_ARRAY_INDEX: '2' }, 3, 10],
    ['auto', { CLOUD_RUN_TASK_INDEX: '0', CLOUD_RUN_TASK_COUNT: '1' }, 1, 1],
    ['auto', slurm(1, 1, 8, 1, 8), 1, 8],
    ['auto', slurm(8, 1, 8, 1, 8), 8, 8],
    ['auto', slurm(0, 0, 7, 1, 8), 1, 8],
    // --array=100-116:4
    ['auto', slurm(108, 100, 116, 4, 5), 3, 5],
    ['auto/5', slurm(116, 100, 116, 4, 5), 5, 5],
    ['auto', { CI_NODE_INDEX: '4', CI_NODE_TOTAL: '4' }, 4, 4],
    ['auto/200', { PARALLEL_SEQ: '200' }, 200, 200],
  ] as const) {
    t.strictSame(
      shardOf(readShard(asked), environment),
      { index, count },
      JSON.stringify(environment),
    )
  }
  t.end()
})

t.test('a missing count, differing counts, gaps, and missing variables are refused', t => {
  for (const [asked, environment, message] of [
    ['auto', {}, /none of JOB_COMPLETION_INDEX, .* is set/],
    ['auto', { JOB_COMPLETION_INDEX: '' }, /none of/],
    ['auto', { JOB_COMPLETION_INDEX: '1' }, /nothing says how many there are/],
    ['auto', { PARALLEL_SEQ: '1' }, /nothing says how many there are/],
    ['auto', { AWS_BATCH_JOB_ARRAY_INDEX: '1' }, /nothing says how many there are/],
    ['auto/8', { JOB_COMPLETION_INDEX: '8' }, /which is none of the/],
    ['auto/8', { PARALLEL_SEQ: '9' }, /which is none of the/],
    ['auto/8', { PARALLEL_SEQ: '0' }, /which is none of the/],
    [
      'auto/9',
      { AWS_BATCH_JOB_ARRAY_INDEX: '1', AWS_BATCH_JOB_ARRAY_SIZE: '8' },
      /auto\/9 was given, but the scheduler says that there are 8/,
    ],
    // --array=1,3,7 and --array=1-4,9
    ['auto', slurm(3, 1, 7, 1, 3), /has gaps .*--array=1-3/],
    ['auto', slurm(3, 1, 9, 1, 5), /has gaps/],
    ['auto/3', slurm(3, 1, 7, 1, 3), /has gaps/],
    ['auto', slurm(2, 1, 7, 2, 4), /which is none of the/],
    ['auto', { SLURM_ARRAY_TASK_ID: '1' }, /needs SLURM_ARRAY_TASK_MIN/],
    ['auto/8', { JOB_COMPLETION_INDEX: 'x' }, /is "x", which is not a whole number/],
    ['auto/8', { JOB_COMPLETION_INDEX: '1', PARALLEL_SEQ: '2' }, /cannot choose between/],
  ] as const) {
    t.throws(
      () => shardOf(readShard(asked), environment),
      { code: 'DDB_USAGE', message },
      `${asked} ${JSON.stringify(environment)}`,
    )
  }
  t.end()
})
