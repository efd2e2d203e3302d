import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'in looks into vectors, sets, dictionaries and tables': {
    'in(3 3 5 2, 2 3)': '[true,true,false,true]',
    '5 in 1..9': 'true',
    '`x in `a`b': 'false',
    'in(1..3, dict(2 3, 4 5))': '[false,true,true]',
    '2 in set(2 3)': 'true',
    '2 3 in table(1 3 5 as id)': '[false,true]',
    'in(10, NULL)': 'false',
    "in('a', 97)": 'true',
    'in(1, 1.1 1.2 1.3)': 'false',
    '2l in 1 2 3': 'true',
    '2.0 in 1 2 3': 'true',
    'NULL in set(1 NULL)': 'true',
    '`a in (`a`b$SYMBOL)': 'true',
    '2012.01.01 in 2012.01.01..2012.01.03': 'true',
    '2012.01.01T00:00:00 in 2012.01.01..2012.01.03': 'true',
    'in((1, 2 3), 2 3)': '[false,[true,true]]',
    'kt=keyedTable(`id, 1 2 as id, 3 4 as v); 2 9 in kt': '[true,false]',
  },
  'between includes both bounds': {
    'between([1, 5.5, 6, 8], 1:6)': '[true,true,true,false]',
    'between(1 2.4 3.6 2 3.9, 2.4:3.6)': '[false,true,true,false,false]',
  },
  'like knows % and ?': {
    'like(`ABCDEFG, `DE)': 'false',
    'like(`ABCDEFG, "%DE%")': 'true',
    'a=`IBM`ibm`MSFT`Goog`YHOO`ORCL; a[like(a, "%OO%")]': '[YHOO]',
    'like("a.c", "a?c")': 'true',
    'like("abc", "a.c")': 'false',
  },
})

testRefusals(t, 'searching refuses what cannot be searched', {
  '1 in sum': 'Y must be a vector, set, dictionary or table.',
  '1 in table(1 as x, 2 as y)': 'Y must be a table of one column or with a key.',
  'between(1, 2)': 'Y must be a pair',
  'like(5, "a")': 'X must be a string',
  'like(`a, 5)': 'the pattern must be a string',
})
