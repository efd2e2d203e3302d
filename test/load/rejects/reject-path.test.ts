import t from 'tap'
import { furtherPath, isFurtherPath } from '../../../src/load/rejects/reject-path.js'
import type { RecordShape } from '../../../src/parse/batch.js'
import { utf8Source } from '../../helpers/utf8-source.js'

const shapeOf = (format: string, delimiter: string | undefined): RecordShape => ({
  ...{ format, delimiter, fieldNames: undefined, fieldCount: 2 },
  ...{ headerBytes: undefined, text: utf8Source },
})
const kinds = {
  csv: shapeOf('csv', ','),
  tsv: shapeOf('csv', '\t'),
  json: shapeOf('json', undefined),
}

t.test('an additional file has a number in its name, and the format of its records', async t => {
  const cases: [path: string, kind: keyof typeof kinds, further: string][] = [
    ['r.csv', 'csv', 'r.2.csv'],
    ['r.csv', 'tsv', 'r.2.tsv'],
    ['r.csv', 'json', 'r.2.ndjson'],
    ['r.tab', 'tsv', 'r.2.tab'],
    ['r.tab', 'csv', 'r.2.csv'],
    ['r.jsonl', 'json', 'r.2.jsonl'],
    ['r.json', 'csv', 'r.2.csv'],
    ['r.CSV', 'csv', 'r.2.CSV'],
    ['r.CSV', 'json', 'r.2.ndjson'],
    ['/a.b/r', 'csv', '/a.b/r.2'],
    ['/a.b/r', 'json', '/a.b/r.2'],
    ['r.bad', 'json', 'r.2.bad'],
    ['.rejects', 'csv', '.rejects.2'],
  ]
  for (const [path, kind, further] of cases) {
    t.equal(furtherPath(path, 2, kinds[kind]), further, `${path} of ${kind}`)
  }
  t.equal(furtherPath('r.csv', 100, kinds.csv), 'r.100.csv')
})

t.test('every possible name of an additional file, or of its reasons, is recognized', async t => {
  for (const path of ['r.csv', 'r.tsv', 'r.ndjson', 'r', 'r.bad', '/a.b/r', '.rejects']) {
    for (const shape of Object.values(kinds)) {
      for (const number of [2, 9, 10, 101]) {
        const further = furtherPath(path, number, shape)
        t.ok(isFurtherPath(path, further), further)
        t.ok(isFurtherPath(path, `${further}.reasons.ndjson`), further)
      }
    }
  }
})

t.test('other names are free', async t => {
  const others =
    'r.csv r.csv.reasons.ndjson r.1.csv r.0.csv r.02.csv r.2.txt r.2.csv.gz r.two.csv r2.csv s.2.csv dir/r.2.csv'
  for (const other of [...others.split(' '), 'r.2.json']) {
    t.notOk(isFurtherPath('r.csv', other), other)
  }
})
