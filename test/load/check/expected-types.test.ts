import t from 'tap'
import { checkTypes } from '../../../src/load/check/expected-types.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'

const target = schemaFromTypes('time:TIMESTAMP,sym:SYMBOL,price:DECIMAL64(4)')

t.test('an unchanged target passes', async t => {
  t.doesNotThrow(() => checkTypes(target, undefined))
  t.doesNotThrow(() => checkTypes(target, 'time:TIMESTAMP,sym:SYMBOL,price:DECIMAL64(4)'))
  t.doesNotThrow(() => checkTypes(target, 'time:timestamp, sym:symbol, price:decimal64(4)'))
  const odd = { columns: [{ name: 'a,b: c', type: { type: 'INT' } }] } as const
  t.doesNotThrow(() => checkTypes(odd, 'a,b: c:INT'), 'column names that no list can hold')
})

t.test('every differing column is named', async t => {
  const cases: [expected: string, message: RegExp][] = [
    ['time:DATE,sym:SYMBOL,price:DECIMAL64(4)', /column "time" is TIMESTAMP, not DATE\. /],
    ['time:TIMESTAMP,sym:SYMBOL,price:DECIMAL64(2)', /is DECIMAL64\(4\), not DECIMAL64\(2\)/],
    ['time:TIMESTAMP,sym:SYMBOL', /column "price" \(DECIMAL64\(4\)\) is new/],
    ['time:TIMESTAMP,sym:SYMBOL,price:DECIMAL64(4),id:INT', /there is no column "id"/],
    ['sym:SYMBOL,time:TIMESTAMP,price:DECIMAL64(4)', /column 1 is "time", not "sym"/],
    ['a:INT,b:INT,c:INT,d:INT,e:INT', /; and 3 more\./],
  ]
  for (const [expected, message] of cases) {
    t.throws(() => checkTypes(target, expected), { code: 'DDB_EXPECTATION', message }, expected)
  }
  t.throws(() => checkTypes(target, 'time'), { code: 'DDB_USAGE' })
})
