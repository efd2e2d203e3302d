import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  parts: {
    'left("hello", 2)': 'he',
    'left("hello", 99)': 'hello',
    'split("xyz 1")': "['x','y','z',' ','1']",
    'split("xyz 1", " ")': '[xyz,1]',
    "split('a,b', ',')": '[a,b]',
    'split("a::b", "::")[1]': 'b',
    'split("a b" "c d", " ")': '[[a,b],[c,d]]',
    'left(`abc`de, 1)': '[a,d]',
  },
})

testRefusals(t, 'text functions take text', {
  'left("a", `b)': 'must be an integer',
  'split(5)': 'str must be a string',
})
