/* A separate network for a test: a namespace whose only device is `lo`, with a second address that does not belong to this machine. Client
   and server in the namespace are separated like two machines. */
import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { outcomeOf } from '../cli/run-cli.js'

/** A private address (RFC 1918). */
export const namespaceAddress = '10.77.0.2'

const prepare = `ip link set lo up && ip addr add ${namespaceAddress}/32 dev lo && exec "$@"`

/** The reason why no namespace can be created here; false if it can. */
export function whyNoNamespace(): string | false {
  try {
    execFileSync('unshare', [...unshared, 'true'], { stdio: 'pipe', timeout: 20_000 })
    return false
  } catch (error) {
    const { stderr, code } = error as { stderr?: Buffer; code?: string }
    return `no network namespace can be made: ${stderr?.toString().trim() || code}`
  }
}

const unshared = ['--map-root-user', '--net', 'sh', '-c', prepare, 'sh']

/**
 * Runs a TypeScript file in its own namespace, without tap's additions.
 * @returns its printed JSON
 */
export async function runInNamespace(file: URL): Promise<unknown> {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:DDB_|TAP|NODE_OPTIONS)/.test(name)),
  )
  const loader = new URL('../../scripts/typescript-loader.js', import.meta.url)
  const child = spawn(
    'unshare',
    [...unshared, process.execPath, `--import=${loader.href}`, fileURLToPath(file)],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const { code, stdout, stderr } = await outcomeOf(child)
  if (code !== 0) throw new Error(`${fileURLToPath(file)} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
