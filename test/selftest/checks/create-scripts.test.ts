import t from 'tap'
import { createChecks } from '../../../src/selftest/checks/create-scripts.js'
import { each, instead } from '../../helpers/rewriting-proxy.js'
import { testChecks } from '../test-checks.js'

const names = createChecks.map(({ name }) => name)
const shapes = names.filter(name => !/leaves|words/.test(name))
const failed = 'create: what a script that fails leaves'
const reserved = 'create: reserved words as names of columns'
const chinese = 'create: Chinese words as names of columns'
const made = {
  createsStream: true,
  createsDays: true,
  createsMonths: true,
  createsYears: true,
  createsHash: true,
  createsLevels: true,
  createsTsdb: true,
  createsArrays: true,
  createsDecimals: true,
}

testChecks(
  t,
  createChecks,
  {
    finds: {
      [failed]: /^(the database|nothing); /,
      [reserved]: 'all of them',
      [chinese]: 'all of them',
    },
    facts: { ...made, failedCreateLeaves: false, reservedNames: true, chineseNames: true },
  },
  {
    'a server that takes none of the scripts': {
      toServer: instead('able(', 'able['),
      fails: Object.fromEntries(shapes.map(name => [name, /Syntax Error/])),
      facts: Object.fromEntries(Object.keys(made).map(name => [name, false])),
    },
    'a column of another type': {
      toServer: instead('DOUBLE]', 'FLOAT]'),
      fails: { 'create: TSDB': /^its columns: .*price FLOAT, expected .*price DOUBLE$/ },
      facts: { createsTsdb: false },
    },
    'a table whose partition column may be missing': {
      toServer: instead('`missing', '`day'),
      fails: { [failed]: 'it is accepted' },
      facts: {},
    },
    'a server that knows ASCII alone': {
      toServer: instead('\xe4\xbb\xb7', '((('),
      finds: { [chinese]: /refused: / },
      facts: { chineseNames: false },
    },
    'words that are reserved': {
      toServer: each(instead('[`HASH]', '[(HASH]'), instead('first(pi)', 'first(e )')),
      finds: { [reserved]: /^HASH refused: .*; pi (refused: |it is another value)/ },
      facts: { reservedNames: false },
    },
    'a user who may make no databases': {
      login: {},
      skips: Object.fromEntries(
        [...shapes.filter(name => !name.includes('stream')), failed].map(name => [
          name,
          /^not permitted: /,
        ]),
      ),
    },
  },
)
