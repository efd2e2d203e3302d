import t from 'tap'
import { ServerError, TimeoutError } from '../../../src/errors.js'
import { expectRefusal, refusalChecks } from '../../../src/selftest/checks/refusals.js'
import type { Faults } from '../../../src/server/index.js'
import { answering, each, instead, intBytes } from '../../helpers/rewriting-proxy.js'
import { testChecks, type Reasons } from '../test-checks.js'

const kinds = ['table', 'stream table', 'keyed table', 'keyed stream table']
const leavesNothing = (reason: string | RegExp): Reasons =>
  Object.fromEntries(
    kinds.map(kind => [`refusals: R10, a refused insert into a ${kind} leaves nothing`, reason]),
  )
const unknownNames = refusalChecks.map(({ name }) => name).filter(name => name.includes('unknown'))
const missing = 'ddbIngestTestMissing'
const token = `Syntax Error: [line #1] Cannot recognize the token ${missing}`
const type =
  "Failed to append data to column 'price' with error: Incompatible type. Expected: DOUBLE, Actual: STRING"

/** Drops every second write: each check has a good batch before the bad one. */
function everySecond(): NonNullable<Faults['beforeWrite']> {
  let writes = 0
  return () => (++writes % 2 === 0 ? 'drop' : undefined)
}

testChecks(
  t,
  refusalChecks,
  {
    finds: {
      [`refusals: R10, a refused insert into a table leaves nothing`]: type,
      [`refusals: R10, a refused insert into a keyed table leaves nothing`]: type,
      [`refusals: R10, a refused insert into a stream table leaves nothing`]: `${type}. RefId:S03017`,
      [`refusals: R10, a refused insert into a keyed stream table leaves nothing`]: `${type}. RefId:S03017`,
      'refusals: an unknown variable': token,
      'refusals: an unknown function': `${token}: not in the embedded server`,
      'refusals: an unknown table in a query': token,
      'refusals: an unknown table in a call': token,
      'refusals: an unknown function in a call': `Can't recognize function name ${missing}: not in the embedded server`,
      'refusals: an unknown name in objByName': `objByName("${missing}") => Can't find the object with name ${missing}`,
      'refusals: too few columns':
        'The number of columns of the table to insert must be the same as that of the original table.',
      'refusals: catch gives class and text': `SYSTEM_Runtime: Can't find the object with name ${missing}`,
      'refusals: a thrown text arrives whole':
        'throw "ddbIngestTest refuses" => ddbIngestTest refuses',
    },
  },
  {
    'refusals in other words': {
      toClient: each(
        instead('Failed to append data to column', 'Cannot take the value of column'),
        instead('Incompatible type', 'Unsuitable values'),
        instead('RefId:S03017', 'RefId:S99999'),
      ),
      fails: leavesNothing(/^understood as unknown, not rows: /),
    },
    'refused inserts that leave rows': {
      // A good batch of two rows, and five of the bad one.
      toClient: answering('_refused', instead(intBytes(2), intBytes(7))),
      fails: leavesNothing('5 rows of the refused batch are there'),
    },
    'refused inserts that are answered with success': {
      server: { faults: { beforeWrite: everySecond() } },
      fails: leavesNothing('it is accepted'),
    },
    'unknown names in other words': {
      toClient: each(
        instead('Cannot recognize the token', 'What is it that you call'),
        instead("Can't recognize function name", 'What do you want to be called'),
        instead("Can't find the object with name", 'Nothing answers to this name of'),
        instead('number of columns', 'width of the rows'),
      ),
      fails: {
        ...Object.fromEntries(
          unknownNames.map(name => [name, /^understood as unknown, not target: /]),
        ),
        'refusals: too few columns': /^understood as unknown, not target: /,
        'refusals: catch gives class and text': /^it gives SYSTEM_Runtime: Nothing answers/,
      },
    },
    'names that are known after all': {
      server: {
        initScript: `share(table(1:0, \`id\`sym\`price, [INT, SYMBOL, DOUBLE]), "${missing}")`,
      },
      fails: {
        'refusals: an unknown variable': 'it is accepted',
        'refusals: an unknown table in a query': 'it is accepted',
        'refusals: an unknown table in a call': 'it is accepted',
        'refusals: an unknown name in objByName': 'it is accepted',
        'refusals: catch gives class and text': /^it gives none: none$/,
      },
    },
    'functions that are known after all': {
      server: {
        initScript: `def ${missing}(x) { return 1 }\naddFunctionView(${missing})`,
      },
      fails: {
        'refusals: an unknown function': 'it is accepted',
        'refusals: an unknown function in a call': 'it is accepted',
      },
    },
    'too few columns are taken': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: { 'refusals: too few columns': 'it is accepted' },
    },
    'a thrown text that is shortened': {
      toClient: instead('ddbIngestTest refuses', 'ddbIngestTest'),
      fails: {
        'refusals: a thrown text arrives whole': /^throw "ddbIngestTest +" => ddbIngestTest/,
      },
    },
    'a thrown text that is no error': {
      toServer: instead('throw "ddbIngestTest refuses"', '"ddbIngestTest refuses"'),
      fails: { 'refusals: a thrown text arrives whole': 'it is accepted' },
    },
  },
)

t.test('a refusal passes where its words are understood', async t => {
  const refused = (words: string): Promise<never> => Promise.reject(new ServerError(words))
  const words = 'Incompatible type. Expected: INT, Actual: STRING'
  t.strictSame(await expectRefusal(refused(words), 'rows'), { status: 'pass', reason: words })
  t.strictSame(await expectRefusal(refused(words), 'target'), {
    status: 'fail',
    reason: `understood as rows, not target: ${words}`,
  })
  t.strictSame(await expectRefusal(Promise.resolve(1), 'rows'), {
    status: 'fail',
    reason: 'it is accepted',
  })
  const late = new TimeoutError('too late')
  await t.rejects(expectRefusal(Promise.reject(late), 'rows'), late, 'what is no refusal goes on')
})
