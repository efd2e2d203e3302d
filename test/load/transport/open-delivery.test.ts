import t from 'tap'
import type { LoadOptions, TargetOptions } from '../../../src/load/options.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { startProxy } from '../../helpers/proxies.js'
import { deepTest } from '../../helpers/runs.js'

/** Servers that refuse to share tables, and the hint in the notice. */
const refusals = [
  {
    settings: { maxPubConnections: 0 },
    words: /S00001.*set maxPubConnections in the configuration of the server to a number above 0/,
  },
  {
    settings: { enableSharedVarCreationControl: true },
    words: /NoPrivilege.*CREATE_SHARED_VAR if the server is set to enableSharedVarCreationControl/,
  },
] as const

deepTest(
  t,
  'if no table may be shared, a notice names the right, and the run continues',
  async t => {
    const script = `login("admin", "123456")
share table(10:0, \`id\`sym, [INT,SYMBOL]) as target
share keyedTable(\`id, 10:0, \`id\`sym, [INT,SYMBOL]) as keyed
db = database("dfs://d", VALUE, 1..3)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`id)
createUser("sue", "secret1")
grant("sue", TABLE_INSERT, "dfs://d/t")
grant("sue", TABLE_READ, "dfs://d/t")
createUser("tim", "secret1")
grant("tim", TABLE_INSERT, "dfs://d/t")`
    for (const { settings, words } of refusals) {
      const here = await startLoadServer(t, script, { settings })
      const { host, port, node } = here.server
      const rows = t.testdir({ 'a.csv': 'id,sym\n1,A\n2,B\n' })
      const load = async (target: TargetOptions, more: Partial<LoadOptions> = {}) => {
        const notices: string[] = []
        const result = await here.load(`${rows}/a.csv`, {
          server: { host, port, user: 'sue', password: 'secret1' },
          target,
          onNotice: notice => notices.push(notice),
          ...more,
        })
        t.match(result, { exitCode: 0, rows: { confirmed: 2 } }, JSON.stringify(target))
        t.equal(notices.filter(notice => notice.startsWith('no receipts')).length, 1)
        t.match(notices[0], words)
        return { used: result.confirm.used, notices }
      }
      t.match(await load({ table: 'dfs://d/t' }), { used: 'answers' })
      const named = await load({ table: 'target' }, { runId: 'nightly' })
      t.equal(named.used, 'answers')
      t.match(named.notices[0], /another run of the same name is not noticed/)
      const keyed = await load({ table: 'keyed', method: 'upsert' })
      t.equal(keyed.used, 'answers')
      t.match(keyed.notices[0], /confirmed rows in memory become unconfirmed/)
      t.same([...node.shared.keys()], ['target', 'keyed'])
    }
  },
)

t.test(
  'a server that forgets the receipts before the first batch counts as lost, not as one without receipts',
  async t => {
    let isForgotten = false
    const here: LoadServer = await startLoadServer(
      t,
      'share streamTable(1:0, `id`sym, [INT,SYMBOL]) as target',
      {
        before({ text }) {
          if (isForgotten || !text.startsWith('ddbIngestLedger = ')) return undefined
          isForgotten = true
          const { shared } = here.server.node
          for (const name of shared.keys()) if (name.startsWith('ddbIngest')) shared.delete(name)
          return undefined
        },
      },
    )
    const rows = t.testdir({ 'a.csv': 'id,sym\n1,A\n' })
    for (const delivery of [{}, { mode: 'async' }] as const) {
      isForgotten = false
      const lost = await here.load(`${rows}/a.csv`, { target: { table: 'target' }, delivery })
      t.match(lost, { exitCode: 75, error: { code: 'DDB_UNAVAILABLE' }, batches: { sent: 0 } })
    }
    const next = await here.load(`${rows}/a.csv`, { target: { table: 'target' } })
    t.match(next, { exitCode: 0, confirm: { used: 'receipts' } })
  },
)

t.test('a proxy that answers in place of a server which is gone for a moment', async t => {
  const here = await startLoadServer(t, 'share streamTable(1:0, `id`sym, [INT,SYMBOL]) as target')
  let [isCut, foreign] = [false, 0]
  const proxy = await startProxy(
    t,
    () => here.server.port,
    (client, server) => {
      if (isCut && foreign++ < 2) {
        client.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
        return void server.destroy()
      }
      server.pipe(client)
      client.on('end', () => server.end())
      client.on('data', (chunk: Buffer) => {
        if (isCut || !chunk.includes('cutHere')) return server.write(chunk)
        isCut = true
        return proxy.sockets.forEach(socket => void socket.destroy())
      })
    },
  )
  const rows = t.testdir({ 'a.csv': 'id,sym\n1,cutHere\n2,B\n' })
  const { host } = here.server
  const result = await here.load(`${rows}/a.csv`, {
    server: { host, port: proxy.port },
    target: { table: 'target' },
  })
  t.match(result, { exitCode: 0, rows: { confirmed: 2 } }, JSON.stringify(result.error))
})

t.test('a connection that is lost again and again during the last look', async t => {
  let lost = 0
  let isSent = false
  const here = await startLoadServer(t, 'share streamTable(1:0, `id`sym, [INT,SYMBOL]) as target', {
    before({ text }) {
      isSent ||= text === 'ddbIngestDeliver'
      if (!isSent || !text.startsWith('(def(ddbIngestFrom') || lost === 3) return undefined
      lost++
      return 'close'
    },
  })
  const rows = t.testdir({ 'a.csv': 'id,sym\n1,A\n' })
  const result = await here.load(`${rows}/a.csv`, { target: { table: 'target' } })
  t.match(result, { exitCode: 0, rows: { confirmed: 1 } }, JSON.stringify(result.error))
  t.equal(lost, 3)
})

t.test(
  'in order, refused rows do not make the server refuse all that was sent after them',
  async t => {
    let sent = 0
    const here = await startLoadServer(
      t,
      'share keyedTable(`id, 10:0, `id`n, [INT,INT]) as target',
      {
        before({ text }) {
          sent += Number(text === 'ddbIngestDeliver')
          return undefined
        },
      },
    )
    const count = 3_000
    const lines = Array.from({ length: count }, (_, i) => `${i},1\n`)
    const rows = t.testdir({ 'a.csv': `id,n\n${lines.join('')}` })
    const result = await here.load(`${rows}/a.csv`, {
      target: {
        table: 'target',
        transform:
          'def(t){ if(max(mod(t.id, 100)) == 99) return table(t.id as id, blob(string(t.n)) as n); return t }',
      },
      delivery: { mode: 'async', batchRows: 2 },
      rejects: { onError: 'skip', maxErrors: count },
    })
    t.match(result, { exitCode: 3, rows: { confirmed: count - count / 100 } })
    t.ok(sent < 2 * count, `${sent} requests`)
  },
)
