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
})

testRefusals(t, 'what is not JSON is refused', {
  'fromStdJson("{")': 'the string is not valid JSON',
  'fromStdJson(5)': 'X must be a string',
})
