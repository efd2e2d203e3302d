import { resolve } from 'node:path'
import t from 'tap'
import { journalFolder, journalOf } from '../../../../src/cli/options/journaled.js'
import { fakeProcess } from '../../run-cli.js'

const here = fakeProcess({ environment: { XDG_STATE_HOME: '/state' } }).processEnvironment
const workingFolder = process.cwd()

t.test('a run with a name has a journal, others have none', async t => {
  const folder = '/state/ddb-ingest'
  t.strictSame(journalOf({ runId: 'r' }, here), { folder, workingFolder })
  t.strictSame(journalOf({ runId: 'r', restart: true }, here), {
    folder,
    workingFolder,
    restart: true,
  })
  t.equal(journalOf({}, here), undefined)
  t.equal(journalOf({ stateDir: 'x' }, here), undefined)
  t.throws(() => journalOf({ restart: true }, here), { code: 'DDB_USAGE', message: /--run-id/ })
})

t.test('the folder that is named counts, wherever the process goes later', async t => {
  t.equal(journalFolder({ stateDir: 'x' }, here), resolve('x'))
})

t.test('a working folder that was removed is left open', async t => {
  const nowhere = { ...here, workingFolder: () => undefined }
  t.strictSame(journalOf({ runId: 'r' }, nowhere), { folder: '/state/ddb-ingest' })
})
