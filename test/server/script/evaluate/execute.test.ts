import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { executeBody, executeStatement } from '../../../../src/server/script/evaluate/execute.js'
import { runUnits, topFrame } from '../../../../src/server/script/session/run-script.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import {
  atOnce,
  frameOn,
  hastyRuntime,
  inTurns,
  shownRestlessly,
  shownValue,
  testRuntime,
} from '../../../helpers/runtime.js'
import { runs, seed } from '../../../helpers/runs.js'
import { testSession } from '../../../helpers/script.js'
import { statementsOf } from '../../../helpers/syntax.js'

t.comment(`TEST_SEED=${seed}`)

const examples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'if takes one statement or a block, on its line or the next': {
    'x=5\nif(x>3) y=1\nelse y=2\ny': '1',
    'x=5\nif(x>9)\n  y=1\nelse\n  y=2\ny': '2',
    'x=5\nif(x>9){\n  y=1\n}\nelse if(x>4){\n  y=2\n} else {\n  y=3\n}\ny': '2',
    'if(true) y=1; else y=2; y': '1',
    'y=0\nif(NULL) y=1\ny': '0',
    'y=0\nif(!NULL) y=1\ny': '0',
    'y=0\nif(1 > 0)\n{\n y=1 }\ny': '1',
  },
  'for goes through vectors, pairs, matrices, tables and tuples': {
    's=0\nfor(x in 1..4){s+=x}\ns': '10',
    's=""\nfor(x in 2:4) s+=x\ns': '23',
    's=""\nfor(x in 4:1) s+=x\ns': '321',
    's=""\nfor(x in `a`b) s=x+s\ns': 'ba',
    's=0\nfor(c in 1..6$3:2){s+=c[0]}\ns': '5',
    's=0\nt=table(1 2 as x, 3 4 as y)\nfor(r in t){s+=r.x*r.y}\ns': '11',
    's=0\nfor(x in (1, 2 3)){s+=sum(x)}\ns': '6',
    's=0\nfor(x in set(5 5)){s+=x}\ns': '5',
    's=0\nfor (x in 1..9) { if(x==3) continue\n if(x==5) break\n s+=x }\ns': '7',
  },
  'while and do-while repeat': {
    'x=1\ndo {x+=2} while(x<100)\nx': '101',
    'x=1\ny=0\ndo {x+=y; y+=1} while(x<100 and y<10);\nx': '46',
    'x=0\ndo {x+=1} while(false)\nx': '1',
    'x=0\nwhile(x<3){x+=1}\nx': '3',
    'x=0\nwhile(true){x+=1\nif(x>4) break}\nx': '5',
  },
  'catch gets kind and text of the error as a pair': {
    'try {1/`7} catch(ex){}\nex[1]': 'Arguments for div method can not be string.',
    'try {1/`7} catch(ex){}\nex[0]': 'SYSTEM_Operator',
    'try {throw "it is an odd"} catch(ex){}\nex[0] + "|" + ex[1]': 'USER|it is an odd',
    'try {schema()} catch(ex){}\nex[0]': 'SYSTEM_Runtime',
    'def f(){throw "deep"}\ntry {f()} catch(ex){}\nex[1]': 'deep',
    'x=1\ntry {x=2\nthrow "a"\nx=3} catch(ex){}\nx': '2',
    'try { try {throw "in"} catch(a){throw "out"} } catch(b){}\nb[1]': 'out',
    'def f(){ try { return 1 } catch(ex){ return 2 } }\nf()': '1',
    'try {throw "x"} catch(ex){}\ntypestr(ex)': 'STRING PAIR',
  },
  'return ends a function, and a script': {
    'def f(x){ for(i in 1..9){ if(i==x) return i*10 }\n return -1 }\nf(4)': '40',
    'def f(x){ for(i in 1..9){ if(i==x) return i*10 }\n return -1 }\nf(40)': '-1',
    'return 7\n8': '7',
    'def f(){ return }\ntypestr(f())': 'VOID',
    'def f(mutable x){x+=1 return x}\nf(1)': '2',
  },
  'functions may be declared before they are defined, and call themselves': {
    'def f2(a,b)\ndef f1(a,b){return f2(a,b)}\ndef f2(a,b){return a sub b}\nf1(2,3)': '-1',
    'def f(n){ if(n<2) return 1\n return n*f(n-1) }\nf(5)': '120',
    'def f(x): x*2\nf(4)': '8',
    'defg f(x){return sum(x)}\nf(1 2)': '3',
    'def f(x)\n{\n  return x\n}\nf(3)': '3',
  },
}

for (const [title, cases] of Object.entries(examples)) {
  t.test(title, async t => {
    for (const [script, shown] of Object.entries(cases)) {
      t.equal(await testSession().show(script), shown, script)
      t.equal(await shownRestlessly(script), shown, `${script}, giving way`)
    }
  })
}

t.test('names made by share statements are known at once', async t => {
  const { show, fail } = testSession()
  t.equal(await show('share table(1 2 as x) as st2\nexec sum(x) from st2'), '3')
  t.equal(await show('share table(1 2 as x) as `st3\nexec sum(x) from st3'), '3')
  t.equal(await show('share table(1 2 as x) as "st4"\nexec sum(x) from st4'), '3')
  t.equal(await show('share (table(1 2 as x)) as st5\nexec sum(x) from st5'), '3')
  t.equal(
    await fail('def f(){ share table(1 2 as x) as st6 }'),
    "Syntax Error: [line #1] 'share' statement can't be declared within a function definition. RefId: S06002",
  )
  t.match(await fail('share 5 as five'), 'Only a table can be shared.')
})

t.test('undef takes away variables, functions and shared tables', async t => {
  const { show, run } = testSession()
  await run('x=1; y=2\ndef f(){return 1}\nshare table(1 2 as x) as st7')
  await run('undef(`x, VAR)')
  t.equal(await show('defined(`x`y)'), '[false,true]')
  await run('undef `st7, SHARED')
  t.equal(await show('defined(`st7, SHARED)'), 'false')
  await run('undef all, VAR')
  t.equal(await show('defined(`y)'), 'false')
  t.equal(await show('defined(`f, DEF)'), 'true')
  await run('undef all')
  t.equal(await show('defined(`f, DEF)'), 'false')
})

t.test('a failed assertion is printed and the script goes on', async t => {
  const { session, show } = testSession()
  const printed: string[] = []
  session.print = text => printed.push(text)
  t.equal(await show('assert 1==1\nassert 1==2\nassert "two", 3==4\n5'), '5')
  t.same(printed, ['Testing case adhocTesting failed', 'Testing case two failed'])
})

t.test('share needs no separator behind a bracket', async t => {
  const { run, show } = testSession()
  await run('t = table(100:0, `a`b, [LONG,DATE])share t as st')
  t.equal(await show('rows(st)'), '0')
})

const failures: Readonly<Record<string, string>> = {
  'if(1 2) 1': '1 2 => A scalar object is expected. But the actual object is not a scalar.',
  'while(objByName("no")){}': 'objByName("no") => Can\'t find the object with name no',
  'do {} while(`a)': '`a => A scalar object is expected. But the actual object is not a scalar.',
  'for(i in objByName("no")){}': 'objByName("no") => Can\'t find the object with name no',
  'for(i in sum){}': 'sum => The object in a for statement must be a vector, matrix or table.',
  'for(i in 1.5..3){}': '1.5..3 => Arguments for seq method must be integral or temporal scalars.',
  'for(i in 1..3){\n1 * `a\n}': '1 * `a => Arguments for mul method can not be string.',
  'x = 1 * `a': 'x = 1 * `a => Arguments for mul method can not be string.',
  'return 1 * `a': 'return 1 * `a => Arguments for mul method can not be string.',
  'try{1 * `a}catch(ex){2 * `b}': '2 * `b => Arguments for mul method can not be string.',
  'assert 1 2': 'assert 1 2 => A scalar object is expected. But the actual object is not a scalar.',
  'share 5 as five': 'share 5 as five => Only a table can be shared.',
  'throw 5': 'throw 5 => 5',
  'throw 1 2': 'throw 1 2 => [1,2]',
  'throw 1:2': 'throw 1:2 => 1:2',
  'throw table(1 as a)': 'throw table(1 as a) => serverTable',
  'try{throw "a"}catch(ex){throw ex}': 'throw ex => a',
}

t.test('errors carry the text of their statement or condition', async t => {
  for (const [script, message] of Object.entries(failures)) {
    t.equal(await testSession().fail(script), message, script)
  }
})

t.test('a statement says how it ended', async t => {
  const frame = frameOn(testRuntime(), { n: intScalar(5) })
  const ends: Readonly<Record<string, unknown>> = {
    'x = 1': undefined,
    break: { kind: 'break' },
    continue: { kind: 'continue' },
    return: { kind: 'return', value: undefined },
    'return n': { kind: 'return', value: intScalar(5) },
    'if(n){x = 1; break; x = 2}': { kind: 'break' },
    'if(!n){break}else{continue}': { kind: 'continue' },
    'try{continue}catch(ex){break}': { kind: 'continue' },
    'try{throw "x"}catch(ex){break}': { kind: 'break' },
    'for(i in 1..3){break}': undefined,
    'while(true){break}': undefined,
    'do{continue}while(false)': undefined,
    'for(i in 1..3){if(i==2){return i}}': { kind: 'return', value: intScalar(2) },
    'while(true){for(i in 1..3){return i}}': { kind: 'return', value: intScalar(1) },
  }
  for (const [script, end] of Object.entries(ends)) {
    const [statement] = statementsOf(script)
    t.strictSame(atOnce(executeStatement(statement!, frame)), end, script)
  }
  const body = statementsOf('x = n; if(x){return x*2}; x = 0')
  t.match(atOnce(executeBody(body, frame)), { value: 10 })
  t.equal(atOnce(executeBody(statementsOf('n; break; return n'), frame)), undefined)
})

t.test('a range that is gone through is never made, and a loop holds one element', async t => {
  const { show, fail } = testSession({ maxRequestBytes: 2_000_000 })
  t.equal(await show('for(i in 1..2000000000){if(i>3) break}; i'), '4')
  const v = 'take(1.0, 50000)'
  t.equal(await show(`n=0; for(i in 1..20){n += size(${v})}; n`), '1000000')
  t.equal(await show(`n=0; while(n<20){${v}; n += 1}; n`), '20')
  t.equal(await show(`for(i in 1..20){try{x = ${v}; throw "a"}catch(ex){}}; size(x)`), '50000')
  t.match(await fail(`x = (${v}, ${v}, ${v}); for(i in x){y = i}; z = (x, x)`), /Out of memory/)
  const long = `def f(a){return "${'x'.repeat(30_000)}"}`
  t.match(await fail(long), /Out of memory/, 'functions count as what they are kept as')
})

t.test('loops give way, wherever they stand', async t => {
  const script = `
def sums(n){s = 0; for(i in 1..n){s += i}; return s}
total = 0
do { for(k in 1 2 3){ total += sums(50) }; m = 0; while(m < 40){ m += 1; try{ if(m % 2){throw "odd"} }catch(ex){ total += 1 } } }
while(total < 20000)
total`
  const calm = await testSession().show(script)
  const { runtime, clock } = hastyRuntime()
  const { value } = await inTurns(runUnits(runtime, script))
  t.equal(value && shownValue(value), calm)
  t.ok(clock.turns > 20, `${clock.turns} times`)
})

/** A random program: as script, and on plain numbers. It ends with how it ended. */
interface Program {
  script: string
  readonly run: (state: number[]) => 'break' | 'continue' | undefined
}

const variable = fc.nat(2)
const small = fc.integer({ min: 0, max: 4 })
const simple: fc.Arbitrary<Program> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(variable, variable, small).map(assigned) },
  { weight: 1, arbitrary: fc.constantFrom('break' as const, 'continue' as const).map(jump) },
)

function assigned([to, from, by]: [number, number, number]): Program {
  return {
    script: `v${to} = (v${from} * 3 + ${by}) % 101`,
    run: state => void (state[to] = (state[from]! * 3 + by) % 101),
  }
}

function jump(word: 'break' | 'continue'): Program {
  return { script: word, run: () => word }
}

function inOrder(parts: readonly Program[]): Program {
  return {
    script: parts.map(part => part.script).join('\n'),
    run(state) {
      for (const part of parts) {
        const end = part.run(state)
        if (end !== undefined) return end
      }
      return undefined
    },
  }
}

const { program } = fc.letrec<{ program: Program; block: Program }>(tie => ({
  block: fc.array(tie('program'), { minLength: 1, maxLength: 3 }).map(inOrder),
  program: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'program' },
    simple,
    fc.tuple(variable, tie('block'), tie('block')).map(([at, then, otherwise]): Program => ({
      script: `if(v${at} % 2){\n${then.script}\n}else{\n${otherwise.script}\n}`,
      run: state => (state[at]! % 2 ? then : otherwise).run(state),
    })),
    fc.tuple(small, variable, tie('block')).map(([times, at, body]): Program => ({
      script: `for(i in 0:${times}){v${at} += i\n${body.script}\n}`,
      run(state) {
        for (let i = 0; i < times; i++) {
          state[at]! += i
          if (body.run(state) === 'break') break
        }
        return undefined
      },
    })),
    // A round more each time, so that none goes on for ever.
    fc.tuple(variable, tie('block')).map(([at, body]): Program => ({
      script: `do{rounds += 1\n${body.script}\n}while(v${at} < 60 && rounds < 50)`,
      run(state) {
        do {
          state[3]!++
          if (body.run(state) === 'break') break
        } while (state[at]! < 60 && state[3]! < 50)
        return undefined
      },
    })),
  ),
}))

t.test('random programs end as they do on plain numbers', async t => {
  const property = fc.property(program, ({ script, run }) => {
    const state = [1, 2, 3, 0]
    run(state)
    const runtime = testRuntime()
    const statements = statementsOf(`v0 = 1; v1 = 2; v2 = 3; rounds = 0\n${script}`)
    atOnce(executeBody(statements, topFrame(runtime)))
    const found = ['v0', 'v1', 'v2', 'rounds'].map(name =>
      shownValue(runtime.session.variables.get(name)!),
    )
    assert.deepEqual(found, state.map(String), script)
  })
  fc.assert(property, { numRuns: runs(100), seed })
  t.pass()
})
