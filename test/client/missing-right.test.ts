/*
  What the server's refusals for lack of a right tell the user to ask for.
*/
import t from 'tap'
import { serverFailure } from '../../src/client/failure.js'
import {
  lacksLogin,
  lacksRight,
  loginToRepeat,
  rightToAskFor,
} from '../../src/client/missing-right.js'

/** Text of the server → the right, or what else to do. */
const texts: readonly (readonly [string, RegExp])[] = [
  ['<NotAuthenticated>Not granted to read table dfs://db/pt', / TABLE_READ on dfs:\/\/db\/pt,/],
  ['<NotAuthenticated>Not granted to write table dfs://db/pt', / TABLE_WRITE on dfs:\/\/db\/pt /],
  [
    '<NoPrivilege>Not granted to write data to table dfs://db/pt',
    / TABLE_WRITE on dfs:\/\/db\/pt \(from 2\.00\.9 on TABLE_INSERT /,
  ],
  [
    'schema(loadTable("dfs://db", "pt")) => <NotAuthenticated>Not granted to read table dfs://db/pt.',
    / TABLE_READ on dfs:\/\/db\/pt,/,
  ],
  ['No access to table [trades]', / TABLE_WRITE on trades,/],
  ['No access to shared table [trades]', / TABLE_READ and TABLE_WRITE on trades,/],
  ['objs(true) => No access to shared table [$1 $&]', / on \$1 \$&,/],
  ['<NoPrivilege>Not granted to create or delete databases', /for the right to do this/],
  ['Not granted to execute function view appendRows', / VIEW_EXEC on appendRows,/],
  ['Not granted to do this', /for the right to do this/],
  ['<NoPrivilege>refused', /for the right to do this/],
  ['<NotAuthenticated>refused', /for the right to do this/],
  ['Only administrators execute function addUser', /as an administrator/],
]

for (const [text, right] of texts) {
  t.test(text, async t => {
    t.ok(lacksRight(text))
    t.match(rightToAskFor(text), right)
    const failure = serverFailure(text)
    t.match(failure, { code: 'DDB_PRIVILEGE', exitCode: 77, serverMessage: text })
    t.match(failure.message, right)
  })
}

t.test('other refusals have nothing to do with rights', async t => {
  for (const text of [
    'Syntax Error: [line #1] Cannot recognize the token trades',
    '<NotLeader>10.0.0.1:8848:node1',
    'The user name or password is incorrect. RefId: S04009',
    'access to the table is slow',
  ]) {
    t.notOk(lacksRight(text), text)
    t.not(serverFailure(text).code, 'DDB_PRIVILEGE')
  }
})

t.test('a session whose login has ended is told from one that lacks a right', async t => {
  const ended = 'Login is required for script execution with client authentication enabled'
  t.ok(lacksLogin(ended))
  t.ok(lacksLogin('catch: RefId: S04009'))
  t.ok(lacksLogin(`schema(trades) => ${ended}`), 'in a script')
  t.notOk(lacksLogin('<NotAuthenticated>Not granted to read table dfs://db/pt'))
  t.equal(
    loginToRepeat(ended),
    `${ended}. Log in with \`server.user\`; where that was done, the session is not logged in any more: its login has ` +
      'expired, or the user is gone.',
  )
  t.match(
    rightToAskFor('<NotAuthenticated>Not granted to read table dfs://db/pt'),
    /grant you TABLE_READ on dfs:\/\/db\/pt.*If this worked before, the login has expired/,
  )
  t.notMatch(rightToAskFor('<NoPrivilege>Not granted to read table dfs://db/pt'), /expired/)
})
