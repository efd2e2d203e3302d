/* The environment in which checks run, with a control session that a function of the test answers. */
import type { Session } from '../../src/client/open-session.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import type { CheckScope } from '../../src/selftest/context.js'
import { leapingClock } from '../helpers/clocks.js'

export interface Asked {
  /** `script` or `function args`. */
  readonly request: string
  readonly signal: AbortSignal | undefined
}

/** @param answer  returns the server's answer to a script or to the name of a function */
export function sessionOf(answer: (request: string) => unknown, asked: Asked[] = []): Session {
  const ask = async (request: string, signal: AbortSignal | undefined): Promise<unknown> => {
    asked.push({ request, signal })
    return Promise.resolve(answer(request))
  }
  return {
    id: '7',
    host: '127.0.0.1',
    port: 1,
    run: (script: string, options?: { signal?: AbortSignal }) => ask(script, options?.signal),
    call: (name: string, args: readonly unknown[], options?: { signal?: AbortSignal }) =>
      ask(`${name} ${args.length}`, options?.signal),
  } as unknown as Session
}

export function scopeWith(changes: Partial<CheckScope> = {}): CheckScope {
  return {
    platform: { ...systemPlatform, clock: leapingClock() },
    server: { host: '127.0.0.1', port: 1 },
    stamp: { token: '0123456789abcdef', time: '20240301120000' },
    serverMs: () => 0,
    signal: new AbortController().signal,
    control: sessionOf(() => undefined),
    opened: [],
    made: [],
    ...changes,
  }
}
