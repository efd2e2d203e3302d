import t from 'tap'
import { ConnectionError, TimeoutError } from '../../../src/errors.js'
import { batchTable, ignoreLoss } from '../../../src/load/transport/delivery.js'
import type { Column } from '../../../src/protocol/value.js'
import { batchOf } from '../../helpers/batches.js'
import { ints } from '../../helpers/values.js'

t.test('at the end, only the loss of the session is ignored', async t => {
  ignoreLoss(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
  const other = new TimeoutError('late')
  t.throws(() => ignoreLoss(other), other)
})

t.test('a batch is sent as a table without a name, with the columns of the target', async t => {
  const id = ints(1, 2) as Column
  const table = batchTable({ ...batchOf(2), columns: [id] }, ['id'])
  t.strictSame(table, { form: 'table', name: '', rows: 2, columnNames: ['id'], columns: [id] })
  t.equal(table.columns[0], id, 'no copy')
})
