/* npm run fuzz -- csv --seconds 3600: coverage-guided fuzzing of one target (codec, csv, json, journal, zstd). Writes the inputs that it
   finds to `tmp/fuzz/TARGET/found`. Move them to `test/fuzz/kept/TARGET`, where every test run reads them again. The corpus in
   `tmp/fuzz/TARGET/corpus` is used again the next time. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { engineEnvironment } from './older-glibc.js'
import { seedsOf, targets, type Target } from './seeds.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const packages = join(root, 'test', 'fuzz', 'node_modules')
/** Longest input in bytes. Short inputs reveal the same faults, and more of them can be tried. */
const longestInput = 4_000

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '60' } },
  allowPositionals: true,
})
const target = targets.find(name => name === positionals[0])
const seconds = Number(values.seconds)

if (target === undefined || !(seconds > 0)) {
  console.error(`npm run fuzz -- TARGET --seconds N, where TARGET is one of ${targets.join(', ')}`)
  process.exitCode = 64
} else {
  process.exitCode = await fuzz(target)
}

async function fuzz(name: Target): Promise<number> {
  const folder = join(root, 'tmp', 'fuzz', name)
  const [corpus, found] = [join(folder, 'corpus'), join(folder, 'found')]
  for (const each of [corpus, found]) mkdirSync(each, { recursive: true })
  for (const bytes of seedsOf(name)) writeFileSync(join(corpus, sha1(bytes)), bytes)
  const program = join(folder, 'target.cjs')
  // Bundles everything into one file, because the engine instruments only what `require` loads.
  await build({
    entryPoints: [join(root, 'test', 'fuzz', 'targets', `${name}.ts`)],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: program,
    external: ['fast-check'],
    sourcemap: 'inline',
    logLevel: 'error',
  })
  const engine = [
    `-max_total_time=${seconds}`,
    `-max_len=${longestInput}`,
    `-artifact_prefix=${found}/`,
    '-print_final_stats=1',
  ]
  const child = spawn(
    process.execPath,
    [
      join(packages, '@jazzer.js', 'core', 'dist', 'cli.js'),
      program,
      corpus,
      '--disableBugDetectors=.*',
      // The limit is long, because instrumented code on a shared machine is slow with the first inputs.
      '--timeout=60000',
      `--includes=${program}`,
      ...(name === 'codec' ? ['--sync'] : []),
      '--',
      ...engine,
    ],
    { stdio: 'inherit', env: engineEnvironment(packages, folder) },
  )
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  const inputs = existsSync(found) ? readdirSync(found) : []
  for (const input of inputs) console.log(`found: ${join(found, input)}`)
  return code ?? 1
}

function sha1(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex')
}
