import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  checkStateFolder,
  stateFolder,
  strangersAt,
  strangersOf,
} from '../../../src/cli/files/state-folder.js'

t.test('it is where the XDG specification has it', t => {
  t.equal(stateFolder({ XDG_STATE_HOME: '/s', HOME: '/h' }), '/s/ddb-ingest')
  for (const XDG_STATE_HOME of ['', 'relative', undefined]) {
    t.equal(stateFolder({ XDG_STATE_HOME, HOME: '/h' }), '/h/.local/state/ddb-ingest')
  }
  t.end()
})

t.test('who else may write is told by owner, group and mode', t => {
  const me = 1000
  const none = { owner: undefined, isOpenToAll: false, group: undefined }
  for (const [what, uid, gid, mode, expected] of [
    ['mine', me, me, 0o40700, undefined],
    ['mine, for all to read', me, me, 0o40755, undefined],
    ['mine, under a umask of 002', me, me, 0o40775, undefined],
    ['mine, and a group of others', me, 100, 0o40770, { ...none, group: 100 }],
    ['mine, and all', me, me, 0o41777, { ...none, isOpenToAll: true }],
    ['of root', 0, 0, 0o40755, undefined],
    ['of root and a group, as with fsGroup', 0, 2000, 0o42775, { ...none, group: 2000 }],
    ['of root and of my group, which is its own', 0, me, 0o42775, { ...none, group: me }],
    [
      'of root, and all, as an emptyDir',
      0,
      0,
      0o40777,
      { owner: undefined, isOpenToAll: true, group: 0 },
    ],
    ['of another', 1001, me, 0o40700, { ...none, owner: 1001 }],
  ] as const) {
    t.strictSame(strangersOf({ uid, gid, mode }, me), expected, what)
  }
  t.match(strangersOf({ uid: 1000, gid: 0, mode: 0o40700 }, 0), { owner: 1000 }, 'for root as well')
  t.end()
})

t.test('a folder of others, or for all to write, is refused; a group is told of', t => {
  const path = join(t.testdir(), 'state')
  t.equal(checkStateFolder(path), undefined, 'it is not there yet')
  mkdirSync(path, { mode: 0o700 })
  t.equal(checkStateFolder(path), undefined)
  t.equal(strangersAt(path), undefined)
  t.throws(() => strangersAt(join(path, 'none')), { code: 'ENOENT' })
  chmodSync(path, 0o777)
  t.throws(() => checkStateFolder(path), {
    code: 'DDB_CONFIG',
    exitCode: 78,
    message: /state can be written by every user of this machine: .*--state-dir .*XDG_STATE_HOME/,
  })
  chmodSync(path, 0o1777)
  t.throws(() => checkStateFolder(path), { code: 'DDB_CONFIG' }, 'sticky or not')
  chmodSync(path, 0o700)
  t.equal(checkStateFolder('/dev/null/ddb-ingest'), undefined)
  t.end()
})

t.test(
  'owners are looked at',
  { skip: process.getuid?.() !== 0 && 'only root can give files away' },
  t => {
    const path = join(t.testdir({ state: {} }), 'state')
    const { gid } = statSync(path)
    chownSync(path, 4711, gid)
    t.throws(() => checkStateFolder(path), {
      code: 'DDB_CONFIG',
      message: /state belongs to user 4711: /,
    })
    chownSync(path, 0, 4711)
    chmodSync(path, 0o2770)
    t.match(checkStateFolder(path), /^group 4711 can write .*state: .*chmod g-w/)
    t.end()
  },
)
