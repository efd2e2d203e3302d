/* An embedded server whose interpreter consists of a few functions of a test, and those of a login. It tests the network side without the
   script language. */
import type { Executor, Outcome, SessionInfo } from '../../src/server/net/request-runner.js'
import type { ServerNode } from '../../src/server/node.js'
import type { ServerOptions } from '../../src/server/index.js'
import type { ScriptSession } from '../../src/server/values/server-value.js'
import { type EmbeddedServer, startServerOn } from '../../src/server/index.js'
import { runFunction } from '../../src/server/script/session/session.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import type { Value } from '../../src/protocol/value.js'

export interface TinyBehaviour {
  script?(code: string, session: ScriptSession, node: ServerNode): Outcome
  call?(name: string, args: readonly Value[], session: ScriptSession): Outcome
  upload?(names: readonly string[], values: readonly Value[]): Outcome
}

export interface TinyServer extends EmbeddedServer {
  /** Requests that reached the executor, in order, as `script …`, `call …` and `upload …`. */
  readonly log: string[]
  readonly sessions: ScriptSession[]
  readonly closedSessions: string[]
  /** Resolves when the log has this line. */
  logged(line: string): Promise<void>
  sessionClosed(id: string): Promise<void>
}

/** Functions that log a session in; a tiny server has them like any other. */
export const loginFunction =
  /^(login|getDynamicPublicKey|scramClient\w+|authenticateByTicket|isClientAuth)$/

/** A guest's session in its initial state. */
export function guestSession(info: SessionInfo): ScriptSession {
  return {
    ...info,
    user: 'guest',
    viewOwner: undefined,
    isAdmin: false,
    variables: new Map(),
    functions: new Map(),
    print: () => undefined,
  }
}

/** Starts a server that ends with the test. */
export async function tinyServer(
  t: { teardown(end: () => unknown): void },
  behaviour?: TinyBehaviour,
  options?: ServerOptions,
): Promise<TinyServer> {
  const server = await startTinyServer(behaviour, options)
  t.teardown(() => server.close())
  return server
}

export async function startTinyServer(behaviour: TinyBehaviour = {}, options: ServerOptions = {}) {
  const log: string[] = []
  const sessions: ScriptSession[] = []
  const closedSessions: string[] = []
  const waiting: (() => void)[] = []
  const note = (list: string[], line: string): void => {
    list.push(line)
    for (const waiter of waiting) waiter()
  }
  const until = (list: string[], line: string): Promise<void> =>
    new Promise<void>(resolve => {
      const look = (): void => {
        if (list.includes(line)) resolve()
      }
      waiting.push(look)
      look()
    })
  const makeExecutor = (node: ServerNode): Executor => ({
    open: info => {
      const session = guestSession(info)
      sessions.push(session)
      return session
    },
    run: (session, request) => {
      switch (request.kind) {
        case 'script':
          note(log, `script ${request.script}`)
          return behaviour.script?.(request.script, session, node)
        case 'function':
          if (loginFunction.test(request.name)) {
            return runFunction(session, node, request.name, request.args)
          }
          note(log, `call ${request.name}`)
          return behaviour.call?.(request.name, request.args, session)
        case 'variable':
          note(log, `upload ${request.names.join(',')}`)
          return behaviour.upload?.(request.names, request.values)
      }
    },
    close: session => note(closedSessions, session.id),
  })
  const server = await startServerOn(systemPlatform, { port: 0, ...options }, makeExecutor)
  // A spread would replace the getter by its present value.
  return Object.assign(Object.create(server) as EmbeddedServer, {
    log,
    sessions,
    closedSessions,
    logged: (line: string) => until(log, line),
    sessionClosed: (id: string) => until(closedSessions, id),
  })
}
