/*
  Values for rows that come from the names of inputs.
*/
import t from 'tap'
import { InputError, UsageError } from '../../../src/errors.js'
import { newPathReader, refuseOtherTexts } from '../../../src/source/path/input-texts.js'

t.test('each name is mapped to its file, whatever else is requested', t => {
  t.strictSame(newPathReader().read('a/b/c.csv'), {
    parts: [],
    texts: { filename: 'c.csv', dirname: 'a/b', path: 'a/b/c.csv' },
  })
  t.strictSame(newPathReader({ path: '{day}.csv' }).read('x/2024.csv'), {
    parts: ['day'],
    texts: { filename: '2024.csv', dirname: 'x', path: 'x/2024.csv', day: '2024' },
  })
  t.strictSame(newPathReader({ path: '{day:\\d*}_.csv' }).read('_.csv').texts['day'], undefined)
  t.end()
})

t.test('folders in the form of Hive', t => {
  const { read, isSkipped } = newPathReader({ path: 'hive' })
  const { parts, texts } = read('/data/day=2024-01-02/sym=a%3Ab/x=1.csv')
  t.strictSame(parts, ['day', 'sym'], 'a file is not a folder')
  t.match(texts, { day: '2024-01-02', sym: 'a:b' })
  t.equal(read('day=__HIVE_DEFAULT_PARTITION__/a.csv').texts['day'], undefined)
  t.equal(read('day=100%/a.csv').texts['day'], '100%', 'no percent-encoding')
  t.throws(() => read('a/b.csv'), { constructor: InputError, code: 'DDB_INPUT_COLUMN' })
  t.throws(() => read('day=1/day=2/b.csv'), { message: /two folders "day=/ })
  t.equal(isSkipped('a/b.csv'), false)
  t.throws(() => newPathReader({ path: 'hive', pathUnmatched: 'null' }), UsageError)
  t.end()
})

t.test('paths that do not match', t => {
  const path = '{day:\\d+}.csv'
  t.throws(() => newPathReader({ path }).read('x.csv'), {
    code: 'DDB_INPUT_COLUMN',
    message:
      'the path "x.csv" does not match `input.path` "{day:\\d+}.csv": `input.pathUnmatched` skip leaves such files out',
  })
  t.throws(() => newPathReader({ path: '{a}_{b}' }).read('1_2_3'), {
    message: /matches `input.path` in more than one way, as \{a\} may be several texts/,
  })
  t.equal(newPathReader({ path, pathUnmatched: 'skip' }).isSkipped('x.csv'), true)
  const { parts, texts } = newPathReader({ path, pathUnmatched: 'null' }).read('x.csv')
  t.strictSame([parts, texts['day']], [['day'], undefined])
  t.throws(() => newPathReader({ pathUnmatched: 'skip' }), UsageError)
  t.end()
})

t.test('two names of one file must give the same values', t => {
  const reader = newPathReader({ path: '{day}/*.csv', pathUnmatched: 'skip' })
  t.throws(() => refuseOtherTexts(reader, '2/a.csv', '1/a.csv'), {
    code: 'DDB_INPUT_COLUMN',
    message: /is a file that is an input as "1\/a.csv", too/,
  })
  t.doesNotThrow(() => refuseOtherTexts(reader, '1/b.csv', '1/a.csv'))
  t.throws(
    () => refuseOtherTexts(reader, 'b.csv', '1/a.csv'),
    InputError,
    'one of them is left out',
  )
  t.doesNotThrow(() => refuseOtherTexts(reader, 'b.csv', 'a.csv'))
  t.end()
})
