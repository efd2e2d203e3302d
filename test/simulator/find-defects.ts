/*
  npm run simulate:defects [-- WORDS]: brings each deliberate defect into a copy of the project and tells how many seeds
  the simulator needs to find it, as the table in docs/reliability.md. With words: the defects whose names have them.
*/
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defects, type Defect } from './defects.js'

const checkout = fileURLToPath(new URL('../../', import.meta.url))
const copied = ['src', 'test', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json']
const mostSeeds = 100_000

const words = process.argv.slice(2).join(' ')
const waiting = defects.filter(({ name }) => name.includes(words))
const found = new Map<string, number | undefined>()
await Promise.all(Array.from({ length: availableParallelism() }, findNext))

console.log('| defect | seeds needed |\n|---|---|')
for (const [name, seeds] of [...found].sort(([, a = Infinity], [, b = Infinity]) => a - b)) {
  console.log(`| ${name} | ${seeds ?? `more than ${mostSeeds}`} |`)
}
if ([...found.values()].includes(undefined)) process.exitCode = 1

async function findNext(): Promise<void> {
  for (let defect = waiting.shift(); defect !== undefined; defect = waiting.shift()) {
    const seeds = await seedsNeeded(defect)
    found.set(defect.name, seeds)
    console.error(`${defect.name}: ${seeds ?? 'not found'}`)
  }
}

async function seedsNeeded(defect: Defect): Promise<number | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'ddb-ingest-defect-'))
  try {
    for (const name of copied)
      await cp(join(checkout, name), join(folder, name), { recursive: true })
    await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'))
    for (const change of defect.changes) await makeChange(folder, change)
    const output = await simulated(folder)
    const failed = [...output.matchAll(/^seed (\d+) FAILED/gm)].map(([, seed]) => Number(seed))
    return failed.length === 0 ? undefined : Math.min(...failed)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function makeChange(
  folder: string,
  { file, from, to }: Defect['changes'][number],
): Promise<void> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  if (text.split(from).length !== 2) throw new Error(`${file} does not have once: ${from}`)
  await writeFile(
    path,
    text.replace(from, () => to),
  )
}

/** What the simulator says, whether it found the defect or not. */
function simulated(folder: string): Promise<string> {
  const options = ['--until-failure', '--jobs', '1', '--seeds', String(mostSeeds)]
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import=./scripts/typescript-loader.js', 'test/simulator/main.ts', ...options],
      { cwd: folder, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        if (/ seeds, \d+ failed;/.test(stdout)) resolve(stdout)
        else reject(new Error(`the simulator ended with: ${stderr}`, { cause: error }))
      },
    )
  })
}
