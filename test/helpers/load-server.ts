/* An embedded server with tables, and runs against this server. Shared by end-to-end tests. */
import assert from 'node:assert/strict'
import type { Test } from 'tap'
import { connectTyped as connect, type Session } from '../../src/client/open-session.js'
import { loadOn } from '../../src/load/load.js'
import type { LoadOptions, LoadResult } from '../../src/load/options.js'
import type { Platform } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { elementAt, formatElement } from '../../src/protocol/element.js'
import type { Value } from '../../src/protocol/value.js'
import {
  actionOf,
  requestedFaults,
  startServer,
  type EmbeddedServer,
  type Faults,
  type ServerOptions,
} from '../../src/server/index.js'

/** The table in the chapter of DolphinDB's manual on asynchronous writing. */
export const tradesScript =
  'share streamTable(10000:0,`time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as trades'

export const tradesHeader = 'time,sym,price,id\n'

/** Whether a run asks for the schema of its target. */
export const asksSchema = (text: string): boolean => /^(ddbIngestSchema = )?schema\(/.test(text)

export interface LoadServer {
  readonly server: EmbeddedServer
  readonly session: Session
  /** Runs a load, by default into `target` or `trades`, and checks that the outcomes of its rows add up. */
  readonly load: (
    inputs: string | readonly string[],
    change?: Partial<LoadOptions>,
    platform?: Platform,
  ) => Promise<LoadResult>
  /** The rows that a query returns, as DolphinDB prints them. */
  readonly rows: (query: string) => Promise<string[][]>
  readonly count: (table: string) => Promise<number>
}

/** The options with which the administrator connects. */
export const asAdmin = ({ host, port }: Pick<EmbeddedServer, 'host' | 'port'>) => {
  return { host, port, user: 'admin', password: '123456' }
}

/** An embedded server that ends with the test. */
export async function startServerFor(t: Test, options: ServerOptions = {}) {
  const server = await startServer({ port: 0, ...options })
  t.teardown(() => server.close())
  return server
}

export async function startLoadServer(
  t: Test,
  initScript: string,
  { before, ...options }: ServerOptions & Partial<Faults> = {},
): Promise<LoadServer> {
  const server = await startServerFor(t, {
    initScript,
    ...options,
    // No run may ask for a slice that begins at the end of a table, because nobody knows how servers answer.
    faults: {
      before: request => ({
        ...actionOf(requestedFaults('limitEnd').before(request)),
        ...actionOf((before ?? options.faults?.before)?.(request)),
      }),
    },
  })
  const session = await connect(asAdmin(server))
  t.teardown(() => session.close().catch(() => undefined))
  return {
    server,
    session,
    async load(inputs, change = {}, platform = systemPlatform) {
      const result = await loadOn(platform, {
        inputs: typeof inputs === 'string' ? [inputs] : inputs,
        server: asAdmin(server),
        target: { table: / as target$/m.test(initScript) ? 'target' : 'trades' },
        ...change,
      })
      const { read, ...outcomes } = result.rows
      const sum = Object.values(outcomes).reduce((sum, rows) => sum + rows)
      assert.equal(read, sum, 'the equation holds')
      return result
    },
    rows: async query => tableRows(await session.run(query)),
    count: async table => {
      const answer = await session.run(`exec count(*) from ${table}`)
      return Number(answer?.form === 'scalar' ? answer.value : NaN)
    },
  }
}

function tableRows(value: Value | undefined): string[][] {
  if (value?.form !== 'table') throw new Error(`expected a table, got ${value?.form}`)
  return Array.from({ length: value.rows }, (_, row) =>
    value.columns.map(column =>
      column.form === 'vector' && column.type === 'ANY'
        ? JSON.stringify(elementAt(column, row))
        : formatElement(column, row),
    ),
  )
}
