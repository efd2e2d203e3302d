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
  settingToChange,
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
  [
    '<NoPrivilege>Not granted to create or delete databases',
    / DB_OWNER for databases of this name/,
  ],
  ['<NoPrivilege>Not granted to create shared variables', / CREATE_SHARED_VAR \(.*enableSharedVar/],
  ['The user needs CREATE_SHARED_VAR', / CREATE_SHARED_VAR /],
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

t.test('an upsert takes another right than an insert, in the same words', async t => {
  const text = '<NoPrivilege>Not granted to write data to table dfs://db/pt'
  t.match(
    rightToAskFor(text, true),
    /TABLE_WRITE on dfs:\/\/db\/pt \(.*TABLE_UPDATE is enough, TABLE_INSERT is not\)/,
  )
  t.match(rightToAskFor('No access to table [k]', true), / TABLE_WRITE on k,/)
})

t.test('what is switched off on the server is named', async t => {
  for (const text of [
    'The feature of publish is not enabled. RefId: S00001',
    'share(t, "x") => The feature of publish is not enabled',
  ]) {
    t.match(settingToChange(text), /maxPubConnections.*above 0/)
    t.match(serverFailure(text), { code: 'DDB_SERVER', serverMessage: text, message: /maxPubConn/ })
    t.notOk(lacksRight(text))
  }
  t.equal(settingToChange('The function view [f] does not exist. RefId: S04002'), undefined)
  t.equal(settingToChange('RefId: S000011'), undefined)
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
