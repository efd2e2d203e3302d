/* A session of the interpreter without a network, for tests of functions and statements. */
import { setTimeout as pause } from 'node:timers/promises'
import { columnTypeText } from '../../src/protocol/data-type.js'
import { columnTypeOf, formatElement, formatValue } from '../../src/protocol/element.js'
import type { Column, Table, Value } from '../../src/protocol/value.js'
import { ServerNode, type NodeOptions } from '../../src/server/node.js'
import type { ScriptSession } from '../../src/server/values/server-value.js'
import {
  createScriptSession,
  runFunction,
  runScript,
} from '../../src/server/script/session/session.js'
import { closedGate } from './gate.js'

export interface TestSession {
  readonly node: ServerNode
  readonly session: ScriptSession
  readonly run: (script: string) => Promise<Value | undefined>
  /** The result of a script as DolphinDB prints it; tables as `rowsText` writes them. */
  readonly show: (script: string) => Promise<string>
  /** The error text of a script. */
  readonly fail: (script: string) => Promise<string>
  readonly call: (name: string, ...args: Value[]) => Promise<Value | undefined>
}

let lastId = 0

/** A guest's session that uses real timers to sleep. */
export function sessionOn(node: ServerNode, id: string = '1'): ScriptSession {
  return createScriptSession(node, {
    id,
    remoteAddress: '127.0.0.1',
    remotePort: 9,
    delay: durationMs => pause(durationMs),
  })
}

/** A session on its own node or on a given node; by default logged in as admin. */
export function testSession(
  options: NodeOptions & { node?: ServerNode; user?: string } = {},
): TestSession {
  const node = options.node ?? new ServerNode({ port: 8848, ...options })
  const id = String(++lastId)
  const session = sessionOn(node, id)
  session.user = options.user ?? 'admin'
  node.sessions.set(id, session)
  const run = async (script: string): Promise<Value | undefined> => runScript(session, node, script)
  return {
    node,
    session,
    run,
    show: async script => {
      const value = await run(script)
      if (value === undefined) return ''
      return value.form === 'table' ? rowsText(value) : formatValue(value)
    },
    fail: async script => {
      try {
        await run(script)
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
      return 'no error'
    },
    call: async (name, ...args) => runFunction(session, node, name, args),
  }
}

/** Runs scripts in a session that sleeps until `wake` is called. `other` is a session on the same node. */
export function sleepingSession() {
  const node = new ServerNode()
  const gate = closedGate()
  const info = { id: '1', remoteAddress: '', remotePort: 1, delay: () => gate.opened }
  const session = createScriptSession(node, info)
  const run = (script: string) => runScript(session, node, script)
  return { run, wake: () => gate.open(), other: testSession({ node }) }
}

/** For example, `1 A 2.5;2 B` for a table of two rows. A null is empty. */
export function rowsText(table: Table): string {
  const rows = Array.from({ length: table.rows }, (_, row) =>
    table.columns.map(column => formatElement(column, row)).join(' '),
  )
  return rows.join(';')
}

/** The elements of a column as DolphinDB prints them. */
export function textsOf(column: Column): string[] {
  return Array.from({ length: column.length }, (_, row) => formatElement(column, row))
}

/** For example, `id INT, price DECIMAL32(2)`. */
export function columnsText(table: Table): string {
  return table.columns
    .map((column, index) => `${table.columnNames[index]!} ${columnTypeText(columnTypeOf(column))}`)
    .join(', ')
}
