/*
  What one server session remembers between requests: its variables, its functions, who is logged in, and where
  printed output goes.
*/
import type { FunctionValue, ServerValue } from './server-value.js'

/** One session's memory. It ends with its connection at the latest; function views and shared tables do not. */
export interface ScriptSession {
  /** Decimal text. */
  readonly id: string
  /** 'guest' until login. */
  user: string
  readonly isAdmin: boolean
  /** Owner of the function view under way, whose rights on tables count instead of the user's. */
  viewOwner: string | undefined
  readonly variables: Map<string, ServerValue>
  readonly functions: Map<string, FunctionValue>
  /** Receives print() output; not called for asynchronous requests. */
  print: (text: string) => void
  readonly remoteAddress: string
  readonly remotePort: number
  readonly openedAt: Date
  /** True once the connection is gone; `sleep` and loops may stop waiting for nothing but must still finish. */
  closed: boolean
  /** How sleep() waits. */
  readonly delay: (durationMs: number) => Promise<void>
}
