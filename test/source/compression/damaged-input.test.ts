import t from 'tap'
import {
  damagedInput,
  isCutOff,
  isDamaged,
  notCompressed,
  restFollows,
} from '../../../src/source/compression/damaged-input.js'

t.test('a message names the file, the place and what to do', t => {
  const cause = new Error('zlib')
  const cut = damagedInput('x.gz', isCutOff(7), cause)
  t.match(cut, { code: 'DDB_INPUT_READ', cause, position: { file: 'x.gz' } })
  t.equal(
    cut.message,
    'the compressed data of "x.gz" end in the middle, after 7 bytes: the file was cut off; write or copy it again',
  )
  t.equal(
    damagedInput('x.zst', restFollows(9)).message,
    'the compressed data of "x.zst" end after 9 bytes, and something else follows: take it off (head -c 9 FILE), or write the file again',
  )
  t.equal(
    damagedInput('x.gz', isDamaged('before byte 9 of the file', 'gzip -t')).message,
    'the compressed data of "x.gz" are damaged before byte 9 of the file: rows that were loaded from it may be wrong. ' +
      'Test the file with gzip -t, and write or copy it again',
  )
  t.match(notCompressed('x', 'zstd'), { code: 'DDB_INPUT_READ', position: { file: 'x' } })
  t.end()
})
