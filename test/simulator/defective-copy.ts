/* Copies of the project with a deliberate defect. The simulator runs inside the copy. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Defect } from './defects.js'

const checkout = fileURLToPath(new URL('../../', import.meta.url))
const copied = [
  // Omits the transpiled files, because tests may be writing them at this moment.
  ...['.tap/transpiled/src', '.tap/transpiled/test', 'src', 'test', 'scripts'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
]

/** Gives a copy of the project to `use`, and removes it afterwards. */
export async function withCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ddb-ingest-defect-'))
  try {
    // The simulator needs none of the tools installed below test/.
    const filter = (path: string): boolean => !path.endsWith('/node_modules')
    for (const name of copied)
      await cp(join(checkout, name), join(folder, name), { recursive: true, filter })
    await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'))
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The number of seeds until a seed reveals the defect; undefined if no seed does.
 * @param folder  a copy of the project without a defect; it is one again in the end
 */
export async function seedsNeeded(folder: string, { changes, from }: Defect, mostSeeds: number) {
  const originals = new Map<string, string>()
  try {
    for (const change of changes) {
      const path = join(folder, change.file)
      const text = await readFile(path, 'utf8')
      if (!originals.has(path)) originals.set(path, text)
      if (text.split(change.from).length !== 2)
        throw new Error(`${change.file} does not have once: ${change.from}`)
      const changed = text.replace(change.from, () => change.to)
      await writeFile(path, changed)
    }
    const output = await simulated(folder, from, mostSeeds)
    const failed = [...output.matchAll(/^seed (\d+) FAILED/gm)].map(([, seed]) => Number(seed))
    return failed.length === 0 ? undefined : Math.min(...failed) - from + 1
  } finally {
    for (const [path, text] of originals) await writeFile(path, text)
  }
}

/** The output of the simulator, whether or not it found the defect. */
function simulated(folder: string, from: number, mostSeeds: number): Promise<string> {
  const range = ['--from', String(from), '--seeds', String(mostSeeds)]
  const options = ['--until-failure', '--jobs', '1', ...range]
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import=./scripts/typescript-loader.js', 'test/simulator/main.ts', ...options],
      // Collects no coverage, because coverage of a copy is useless.
      { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        if (/ seeds, \d+ failed;/.test(stdout)) resolve(stdout)
        else reject(new Error(`the simulator ended with: ${stderr}`, { cause: error }))
      },
    )
  })
}
