/*
  Columns out of `target.types`.
*/
import t from 'tap'
import { schemaFromTypes, typesText } from '../../src/schema/target-schema.js'

t.test('types are read from text, and written as it', t => {
  const text = 'time:TIMESTAMP,a:b:INT,amount:DECIMAL64(4),levels:DOUBLE[]'
  const schema = schemaFromTypes(' time : timestamp,a:b:INT,amount:decimal64( 4 ),levels:DOUBLE[]')
  t.equal(typesText(schema), text)
  t.strictSame(schema.columns[1], { name: 'a:b', type: { type: 'INT' } })
  for (const bad of [
    '',
    'time',
    ':INT',
    'a:FOO',
    'a:DECIMAL32',
    'a:DECIMAL32(10)',
    'a:INT,',
    'a:INT,a:INT',
    'a:INT(3)',
  ]) {
    t.throws(() => schemaFromTypes(bad), { code: 'DDB_USAGE', exitCode: 64 }, bad)
  }
  t.end()
})
