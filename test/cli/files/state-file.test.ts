import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import {
  checkedStateFolder,
  dayMs,
  replaceStateFile,
  stateFileOf,
  wasTold,
} from '../../../src/cli/files/state-file.js'

t.test('each server has a file of its own, in the folder of its kind', t => {
  const home = t.testdir()
  const of = (host: string, port = 1): string =>
    stateFileOf('logins', { host, port }, { XDG_STATE_HOME: home })
  t.equal(of('Db.Example', 8848), join(home, 'ddb-ingest', 'logins', 'db.example_8848.json'))
  for (const host of ['../../up', '.', '..', '::1', 'a b', 'x/y', '%2E']) {
    t.equal(dirname(of(host)), join(home, 'ddb-ingest', 'logins'), host)
  }
  t.end()
})

t.test('a file is replaced in one step and is its owner’s alone', t => {
  const path = join(t.testdir({ file: '' }), 'new', 'a.json')
  t.equal(replaceStateFile(path, { a: 1 }), undefined)
  t.equal(replaceStateFile(path, { a: 2 }), undefined)
  t.equal(readFileSync(path, 'utf8'), '{"a":2}\n')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  t.same(readdirSync(dirname(path)), ['a.json'])
  t.equal(replaceStateFile(join(t.testdirName, 'file', 'x', 'a.json'), {}), 'ENOTDIR')
  t.end()
})

t.test('what was told once is not told again by the same process', t => {
  const environment = { XDG_STATE_HOME: t.testdir() }
  t.notOk(wasTold('test', 'a', dayMs, environment))
  t.ok(wasTold('test', 'a', dayMs, environment))
  t.ok(wasTold('test', 'a', dayMs, environment, Date.now() + 10 * dayMs))
  t.notOk(wasTold('test', 'b', dayMs, environment), 'of another subject')
  t.notOk(wasTold('other', 'a', dayMs, environment), 'another thing')
  t.end()
})

t.test('another process goes by what the file says', t => {
  const home = t.testdir()
  const now = Date.parse('2026-03-01T12:00:00Z')
  const at = (number: number): { XDG_STATE_HOME: string } => ({
    XDG_STATE_HOME: join(home, String(number)),
  })
  const cases: readonly (readonly [string, string, number, boolean])[] = [
    ['an hour ago', '{"told":"2026-03-01T11:00:00Z"}', dayMs, true],
    ['now', '{"told":"2026-03-01T12:00:00Z"}', dayMs, true],
    ['nearly a day ago', '{"told":"2026-02-28T12:00:01Z"}', dayMs, true],
    ['a day ago', '{"told":"2026-02-28T12:00:00Z"}', dayMs, false],
    ['years ago, for good', '{"told":"1990-01-01T00:00:00Z"}', Infinity, true],
    ['in a year', '{"told":"2027-03-01T12:00:00Z"}', dayMs, false],
    ['at no time', '{"told":"yesterday"}', dayMs, false],
    ['in no words', '{"told":', dayMs, false],
    ['in others', 'null', dayMs, false],
  ]
  for (const [i, [what, text, forMs, expected]] of cases.entries()) {
    // The name of the file, from a place of its own.
    wasTold('test', 'x', forMs, at(100 + i), now)
    const [name] = readdirSync(join(at(100 + i).XDG_STATE_HOME, 'ddb-ingest', 'told'))
    const folder = join(at(i).XDG_STATE_HOME, 'ddb-ingest', 'told')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name!), text)
    t.equal(wasTold('test', 'x', forMs, at(i), now), expected, what)
    const left = readFileSync(join(folder, name!), 'utf8')
    t.equal(left, expected ? text : '{"told":"2026-03-01T12:00:00.000Z"}\n', what)
  }
  t.notOk(wasTold('test', 'x', dayMs, { XDG_STATE_HOME: '/dev/null' }, now), 'nothing can be kept')
  t.end()
})

t.test(
  'a folder that a group can write is told of once, and not in a run that is quiet',
  { skip: process.getuid?.() !== 0 && 'only root can give files to any group' },
  t => {
    const path = join(t.testdir({ state: {} }), 'state')
    const environment = { XDG_STATE_HOME: t.testdirName }
    const told: string[] = []
    const warn = (sentence: string): void => void told.push(sentence)
    chmodSync(path, 0o700)
    t.equal(checkedStateFolder(environment, warn, path), path)
    const { uid, gid } = statSync(path)
    chownSync(path, uid, gid + 1)
    chmodSync(path, 0o770)
    checkedStateFolder(environment, undefined, path)
    t.strictSame(told, [])
    checkedStateFolder(environment, warn, path)
    checkedStateFolder(environment, warn, path)
    t.match(told, [new RegExp(`^group ${gid + 1} can write ${path}: `)])
    t.equal(told.length, 1)
    t.end()
  },
)
