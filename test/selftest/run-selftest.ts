/* Runs `selftest` against an embedded server with changed behaviour. */
import type { Test } from 'tap'
import { systemPlatform } from '../../src/platform/system-files.js'
import { allChecks, selftest, type SelftestOptions } from '../../src/selftest/selftest.js'
import { type EmbeddedServer, type ServerOptions } from '../../src/server/index.js'
import { startRewritingProxy, type Rewrites } from '../helpers/rewriting-proxy.js'
import { startServerFor } from '../helpers/load-server.js'

const admin = { user: 'admin', password: '123456', insecureLogin: true }

export interface Trial extends Rewrites {
  readonly server?: ServerOptions
  /** By default, the login of the admin. */
  readonly login?: { user?: string; password?: string; insecureLogin?: boolean }
  /** False for an admin who cannot log in by SCRAM, like the admin of a new server. By default the admin can. */
  readonly hasScram?: boolean
  /** Names of the checks that run; by default, all. */
  readonly names?: readonly string[]
  readonly options?: Partial<SelftestOptions>
  /** Called before the run. */
  readonly prepare?: (server: EmbeddedServer) => void
}

export async function trySelftest(t: Test, trial: Trial) {
  const server = await startServerFor(t, { ...trial.server })
  server.node.users.get('admin')!.hasScram = trial.hasScram ?? true
  trial.prepare?.(server)
  const port = await startRewritingProxy(t, server.port, trial)
  const { names } = trial
  const checks = allChecks.filter(({ name }) => names === undefined || names.includes(name))
  if (names !== undefined) t.equal(checks.length, names.length, 'the checks are found')
  const result = await selftest({
    server: { host: '127.0.0.1', port, ...(trial.login ?? admin) },
    platform: systemPlatform,
    timeoutMs: 60_000,
    checks,
    ...trial.options,
  })
  return {
    server,
    result,
    failed: result.checks.filter(({ status }) => status === 'fail').map(({ name }) => name),
    of: (name: string) => result.checks.find(check => check.name === name),
  }
}

/** The names of all objects on the server. */
export function namesOn({ node }: EmbeddedServer): string[] {
  return [...node.shared.keys(), ...node.databases.keys(), ...node.functionViews.keys()]
}
