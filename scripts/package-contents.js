/*
  Which files the published package may contain, and which it does contain. A test in the checkout and scripts/check-tarball.js use
  this module.
*/
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Files that users of the package need: program, library with types, documentation, and the inputs of the demo. */
const needed = [
  /^package\.json$/,
  /^sbom\.cdx\.json$/,
  /^(LICENSE|CHANGELOG\.md|README\.md|README\.zh-CN\.md|SECURITY\.md)$/,
  /^bin\/(ddb-ingest|program)\.js$/,
  /^dist\/(cli\/(main|dispatch)|(server\/)?index)\.js$/,
  /^dist\/(server\/)?index\.d\.ts$/,
  /^dist\/chunks\/[a-z0-9-]+-[A-Z0-9]{8}\.js$/,
  /^docs\/(reference\/|zh\/)?(?!(protocol|server-semantics|grammar|reliability)\.md)[A-Za-z0-9-]+\.md$/,
  /^docs\/bench\.svg$/,
  /^man\/ddb-ingest\.1$/,
  /^examples\/[a-z-]+\.js$/,
  /^fixtures\/README\.md$/,
  /^fixtures\/(csv|json|scripts)\/[a-z0-9-]+\.(csv|json|ndjson|dos)$/,
]

/** Size limit of the tarball, which every installation downloads. */
export const mostBytes = 700_000

/** Returns the paths that no user needs. */
export function needlessFiles(paths) {
  return paths.filter(path => !needed.some(pattern => pattern.test(path)))
}

/**
 * Packs the checkout without running its scripts.
 * @param folder  where to write the tarball; if undefined, nothing is written
 * @returns npm's report: `filename`, `size` and `unpackedSize` in bytes, `files[].path`
 */
export function pack(root, folder) {
  const where = folder === undefined ? ['--dry-run'] : ['--pack-destination', folder]
  return runNpm(root, 'pack', '--json', '--ignore-scripts', ...where)[0]
}

/** Runs npm and parses its output, which must be JSON. */
export function runNpm(root, ...options) {
  const npm = process.env.npm_execpath ?? ''
  const isNpm = basename(npm) === 'npm-cli.js'
  const output = execFileSync(
    isNpm ? process.execPath : 'npm',
    [...(isNpm ? [npm] : []), ...options, '--loglevel=error'],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  return JSON.parse(output)
}

/** Uses the types of both entries, and the types that their declarations import. */
const typedProgram = `
  import { connect, load, DdbError, type LoadOptions, type LoadResult, type PoolTask } from 'ddb-ingest'
  import { startServer, type EmbeddedServer } from 'ddb-ingest/server'
  export async function run(options: LoadOptions, task: PoolTask): Promise<LoadResult> {
    const server: EmbeddedServer = await startServer({ port: 0 })
    const session = await connect({ host: server.host, port: server.port })
    if (new Error() instanceof DdbError) await session.close()
    const { rows } = await load(options)
    rows.confirmed satisfies number
    // @ts-expect-error -- no such number
    return rows.imagined
  }
  import { PoolTask as value } from 'ddb-ingest'
  // @ts-expect-error -- only its type is exported
  new value()
`

/**
 * Compiles a program against the package in the folder's node_modules.
 * @throws an error with the compiler's message if types are missing or wrong
 */
export function checkTypes(folder) {
  const modules = fileURLToPath(new URL('../node_modules', import.meta.url))
  writeFileSync(join(folder, 'typed-program.mts'), typedProgram)
  const options = {
    ...{ module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: false },
    ...{ typeRoots: [join(modules, '@types')], types: ['node'] },
  }
  const project = join(folder, 'typed-program.json')
  writeFileSync(project, JSON.stringify({ compilerOptions: options, files: ['typed-program.mts'] }))
  const compiler = join(modules, 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [compiler, '-p', project], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}
