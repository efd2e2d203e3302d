/*
  What all sessions of the embedded server share: tables, databases, function views, users.
*/
import type { FunctionDefinition } from './script/syntax.js'
import type { ScriptSession } from './script/session-state.js'
import type { DatabaseHandle } from './tables/database.js'
import type { ServerTable } from './tables/table.js'

export interface FunctionView {
  name: string
  definition: FunctionDefinition
  /** Source text of the definition. */
  body: string
  owner: string
  createdAt: Date
}

export interface DfsDatabase {
  handle: DatabaseHandle
  owner: string
  tables: Map<string, ServerTable>
}

export interface ServerNode {
  readonly shared: Map<string, { table: ServerTable; owner: string }>
  readonly databases: Map<string, DfsDatabase>
  readonly functionViews: Map<string, FunctionView>
  readonly sessions: Map<string, ScriptSession>
  /** User name → password. */
  readonly users: Map<string, { password: string; isAdmin: boolean }>
  readonly host: string
  port: number
  /** Wall clock in ms since the epoch; replaced in tests. */
  now(): number
}
