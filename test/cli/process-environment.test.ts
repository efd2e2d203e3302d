/*
  What the command line does to its process, in processes of their own.
*/
import { spawnSync } from 'node:child_process'
import t from 'tap'

/** Kilobytes that V8 keeps for young objects, before and after many of them have lived for a while. */
function youngKilobytes(prepare: string): { before: number; after: number } {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { thisProcess } from './src/cli/process-environment.ts'
    const size = () =>
      getHeapSpaceStatistics().find(space => space.space_name === 'new_space').space_size / 1024
    const before = size()
    ${prepare}
    const kept = new Array(20_000).fill(null)
    for (let i = 0; i < 2_000_000; i++) kept[i % kept.length] = { i }
    process.stdout.write(JSON.stringify({ before, after: size() }))`
  const node = spawnSync(
    process.execPath,
    ['--import=./scripts/typescript-loader.js', '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  return JSON.parse(node.stdout) as { before: number; after: number }
}

t.test('the heap stops growing when it is told to', async t => {
  const told = youngKilobytes('thisProcess().stopHeapGrowth()')
  t.ok(told.after <= 2 * told.before, JSON.stringify(told))
  const untold = youngKilobytes('')
  t.ok(untold.after > 2 * told.after, JSON.stringify(untold))
})
