/*
  The memory of one session, and who works in it.
*/
import type { SessionInfo } from '../../net/executor.js'
import type { ServerNode } from '../../node.js'
import type { ScriptSession } from '../../values/builtin.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'

/** A guest's, with no variables, until somebody logs in. */
export class Session implements ScriptSession {
  readonly id: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly delay: (durationMs: number) => Promise<void>
  readonly variables = new Map<string, ServerValue>()
  readonly functions = new Map<string, FunctionValue>()
  user = 'guest'
  viewOwner: string | undefined
  print: (text: string) => void = () => undefined
  closed = false
  readonly openedAt: Date
  private readonly node: ServerNode

  constructor(node: ServerNode, info: SessionInfo) {
    this.node = node
    this.openedAt = new Date(node.now())
    this.id = info.id
    this.remoteAddress = info.remoteAddress
    this.remotePort = info.remotePort
    this.delay = info.delay
  }

  get isAdmin(): boolean {
    return this.node.users.get(this.user)?.isAdmin === true
  }
}
