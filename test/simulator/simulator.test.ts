/* Tests the simulator itself: two runs of a seed are identical, and the simulator finds deliberate defects. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { plainNode } from '../helpers/plain-node.js'
import { root } from '../helpers/checkout.js'
import { deep, deepTest, everyday } from '../helpers/runs.js'
import { seedsNeeded, withCopy } from './defective-copy.js'
import { defects, type Defect } from './defects.js'
import { drawScenario, targetKinds } from './scenario.js'
import { simulate } from './simulate.js'

t.test('two simulations of one seed give one trace, byte for byte', async t => {
  const seeds = Array.from({ length: everyday ? 5 : 40 }, (_, index) => 7 * index + 1)
  const traces = new Map<number, string>()
  for (const seed of seeds) traces.set(seed, (await simulate(seed, true)).trace.join('\n'))
  for (const seed of seeds.reverse()) {
    const { trace } = await simulate(seed, true)
    if (trace.join('\n') !== traces.get(seed)) t.fail(`seed ${seed} gives two traces`)
  }
  t.equal(new Set(traces.values()).size, seeds.length, 'each seed has its own trace')
})

deepTest(t, 'a fresh process gives the same trace', async t => {
  const seed = 11
  const { trace } = await simulate(seed, true)
  const [command, args] = plainNode([
    '--import=./scripts/typescript-loader.js',
    'test/simulator/main.ts',
    ...['--from', String(seed), '--seeds', '1', '--trace'],
  ])
  const { stdout } = await promisify(execFile)(command, args, { cwd: root, maxBuffer: 2 ** 26 })
  t.ok(trace.length > 10)
  t.ok(stdout.includes(`\n${trace.join('\n')}\n`))
})

t.test('all targets are drawn', async t => {
  const drawn = new Set(Array.from({ length: 200 }, (_, seed) => drawScenario(seed).kind.name))
  t.strictSame([...drawn].sort(), targetKinds.map(({ name }) => name).sort())
})

t.test('every deliberate defect can still be introduced', async t => {
  for (const { name, changes } of defects) {
    for (const { file, from, to } of changes) {
      const text = await readFile(new URL(file, root), 'utf8')
      t.equal(text.split(from).length, 2, `${name}: ${file} contains the text once`)
      t.not(from, to)
    }
  }
})

/** The rows of the tables in docs/reliability.md: the seeds that each defect needed. */
const tabled = new Map(
  Array.from(
    (await readFile(new URL('docs/reliability.md', root), 'utf8')).matchAll(
      /^\| (.+) \| (\d+)(?:, from [\d,]+)? \|$/gm,
    ),
    ([, name, seeds]) => [name!, Number(seeds)] as const,
  ),
)

/** Of a defect that needs more seeds, every run but a deep one tries only the tabled one. */
const mostSeeds = deep ? Infinity : 100
/** How many defects every run finds, although changes of the program make a tabled seed show something else. */
const leastFound = 40

/** Whether one of twice as many seeds as are tabled reveals the defect. The tabled one, if the program has not changed since, is the first. */
async function isFound(folder: string, defect: Defect, tabled: number): Promise<boolean> {
  const alone = { ...defect, from: defect.from + tabled - 1 }
  if ((await seedsNeeded(folder, alone, 1)) !== undefined) return true
  return tabled <= mostSeeds && (await seedsNeeded(folder, defect, 2 * tabled)) !== undefined
}

deepTest(t, 'the simulator finds each defect within twice the seeds of its table', t =>
  withCopy(async folder => {
    let found = 0
    for (const [name, seeds] of tabled) {
      const defect = defects.find(one => one.name === name)
      if (defect === undefined) t.fail(`no defect is called: ${name}`)
      const isShown = defect !== undefined && (await isFound(folder, defect, seeds))
      if (isShown) found++
      if (seeds <= mostSeeds) t.ok(isShown, name)
    }
    t.ok(found >= leastFound, `${found} of ${tabled.size} defects are found`)
  }),
)
