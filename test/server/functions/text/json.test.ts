import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'JSON becomes values': {
    'fromStdJson("[1, 2, 3]")': '[1,2,3]',
    'typestr(fromStdJson("[1, 2, 3]"))': 'FAST DOUBLE VECTOR',
    [String.raw`fromStdJson("\"\\u4e2d\\u6587\"")`]: '中文',
    [String.raw`fromStdJson("[1, null, false, \"2012.06.13 13:30:10\", [\"x\"]]")`]:
      '[1,,false,2012.06.13T13:30:10,[x]]',
    [String.raw`d=fromStdJson("{\"1\": \"2017.07.10 14:10:12\",\"0\": 5}"); d["1"]`]:
      '2017.07.10T14:10:12',
    'typestr(fromStdJson("null"))': 'VOID',
    'fromStdJson("true")': 'true',
    'fromStdJson("[]").size()': '0',
    'fromStdJson("1" "2")': '[1,2]',
  },
  'values become JSON': {
    'toStdJson(1 2 3)': '[1, 2, 3]',
    'toStdJson(table(1 2 as id, 10 20 as val))': '[{"id": 1,"val": 10},{"id": 2,"val": 20}]',
    'toStdJson(true)': 'true',
    'toStdJson(NULL)': 'null',
    'toStdJson("a\\"b")': '"a\\"b"',
    'toStdJson(2012.06.13T13:30:10)': '"2012.06.13 13:30:10"',
    'toStdJson(dict(`a`b, (1, 2.5)))': '{"a": 1,"b": 2.5}',
    'toStdJson(dict(0 1, 2012.06.13 2012.06.14))': '{"0": "2012.06.13","1": "2012.06.14"}',
    'toStdJson([1.5, NULL])': '[1.5, null]',
    'toStdJson((1, `a))': '[1, "a"]',
    'toStdJson(9223372036854775807l)': '9223372036854775807',
    'toStdJson(1.50P)': '1.50',
    'toStdJson(set(1))': '[1]',
    'fromStdJson(toStdJson(1.5 2.5))': '[1.5,2.5]',
  },
})

testRefusals(t, 'what is no JSON is refused', {
  'fromStdJson("{")': 'the string is not valid JSON',
  'fromStdJson(5)': 'X must be a string',
  'toStdJson(uuid("5d212a78-cc48-e3b1-4235-b4d91473ee87"))': 'does not convert the type UUID',
  'toStdJson(1:2)': 'does not convert a pair',
})
