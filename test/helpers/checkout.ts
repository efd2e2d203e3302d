/* The path of the checkout, and the files of src/. */
import { execFileSync } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plainNode } from './plain-node.js'

/** Ends with a slash. */
export const root: URL = new URL('../../', import.meta.url)

export interface SourceFile {
  /** Relative to src/, with forward slashes: `protocol/vector.ts`. */
  path: string
  text: string
}

/** Every file of src/, sorted by path. */
export async function readSources(): Promise<SourceFile[]> {
  const folder = new URL('src/', root)
  const entries = await readdir(fileURLToPath(folder), { recursive: true })
  const paths = entries.map(path => path.split(sep).join('/')).filter(isModule)
  return Promise.all(
    paths.sort().map(async path => ({ path, text: await readFile(new URL(path, folder), 'utf8') })),
  )
}

/** AssemblyScript looks like TypeScript, but is another language. */
const isModule = (path: string): boolean =>
  path.endsWith('.ts') && !path.startsWith('kernel/assembly/')

/** Compiles dist/ with its type declarations, if they are out of date. Only few tests need them, so `npm test` makes none. */
export function makeDeclarations(): void {
  execFileSync(...plainNode(['scripts/prepare-checkout.js', '--prepare']), {
    cwd: root,
    env: { ...process.env, npm_config_local_prefix: fileURLToPath(root) },
  })
}
