/*
  Statements: their results and their error texts. The server sends some errors as `source => message`, others without
  the source (docs/server-semantics.md#error-texts).
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { executeBody, executeStatement } from '../../../../src/server/script/evaluate/execute.js'
import { runUnits, topFrame } from '../../../../src/server/script/session/session.js'
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
  'for goes through vectors, pairs, tables and tuples': {
    's=0\nfor(x in 1..4){s+=x}\ns': '10',
    's=""\nfor(x in 2:4) s+=x\ns': '23',
    's=""\nfor(x in 4:1) s+=x\ns': '321',
    's=""\nfor(x in `a`b) s=x+s\ns': 'ba',
    's=0\nt=table(1 2 as x, 3 4 as y)\nfor(r in t){s+=r.x*r.y}\ns': '11',
    's=0\nfor(x in (1, 2 3)){s+=sum(x)}\ns': '6',
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
      t.equal(await shownRestlessly(script), shown, `${script}, yielding`)
    }
  })
}

t.test('the parser knows names that share statements create at once', async t => {
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

t.test('undef removes variables, functions and shared tables', async t => {
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

t.test('a failed assertion is printed, and the script continues', async t => {
  const { session, show } = testSession()
  const printed: string[] = []
  session.print = text => printed.push(text)
  t.equal(await show('assert 1==1\nassert 1==2\nassert "two", 3==4\n5'), '5')
  t.same(printed, ['Testing case adhocTesting failed', 'Testing case two failed'])
})

t.test('share needs no separator after a bracket', async t => {
  const { run, show } = testSession()
  await run('t = table(100:0, `a`b, [LONG,DATE])share t as st')
  t.equal(await show('rows(st)'), '0')
})

const failures: Readonly<Record<string, string>> = {
  'if(1 2) 1': '1 2 => A scalar object is expected. But the actual object is not a scalar.',
  'while(objByName("no")){}': 'objByName("no") => Can\'t find the object with name no',
  'do {} while(`a)': '`a => A scalar object is expected. But the actual object is not a scalar.',
  'for(i in objByName("no")){}': 'objByName("no") => Can\'t find the object with name no',
  'for(i in sum){}': 'sum => The object in a for statement must be a vector or table.',
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

t.test('errors contain the text of their statement or condition', async t => {
  for (const [script, message] of Object.entries(failures)) {
    t.equal(await testSession().fail(script), message, script)
  }
})

t.test('a statement reports how it ended', async t => {
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

t.test('a range in a loop is never created completely', async t => {
  const { show } = testSession()
  t.equal(await show('for(i in 1..2000000000){if(i>3) break}; i'), '4')
})

t.test('loops yield at any depth', async t => {
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

/** A random program, as a script and as code on plain numbers. The result states how the program ended. */
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
    // Counts the rounds of a loop, so that no loop is endless.
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

t.test('random programs end in the same way as on plain numbers', async t => {
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

const examplesAssign: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'assignment is by value': {
    'y=6 4 7; x=y; y[1]=0; x': '[6,4,7]',
    'y=6 4 7; x=y; y[1]=0; y': '[6,0,7]',
    'y=6 4 7; x=y; x.append!(1); y': '[6,4,7]',
    'y=6 4 7; t=(y, 1); y[0]=0; t[0]': '[6,4,7]',
    'y=6 4 7; t=table(y); y[0]=0; t.y': '[6,4,7]',
    'y=1 2; d=dict(`a`b, (y, y)); y[0]=9; d.a': '[1,2]',
    't=table(2 3 as x); a=t.x; a[0]=9; t.x': '[2,3]',
    'def f(){ x=1 2; y=x; x[0]=9; return y }\nf()': '[1,2]',
    'x=1 2; f=add{x}; x[0]=9; f(0)': '[1,2]',
  },
  'assignment by reference shares the value': {
    'y=6 4 7; &x=y; y[1]=0; x': '[6,0,7]',
    'y=6 4 7; &x=y; x[0]=3; y': '[3,4,7]',
    'y=1..3; &x=y; y=6..4; x': '[1,2,3]',
  },
  'compound operators compute in place': {
    'x=0; x+=5; x': '5',
    'x=5; x-=2; x': '3',
    'x=5; x*=5; x': '25',
    'x=5; x/=2; x': '2',
    'x=5; x\\=2; x': '2.5',
    'x=1 2 3 4 5; x[1 3]+=10; x': '[1,12,3,14,5]',
  },
  'several variables take several values': {
    'x,y=1 2 3, 2:5; x': '[1,2,3]',
    'x,y=1 2 3, 2:5; y': '2:5',
    'x,y=(1 2 3, 2:5); y': '2:5',
    'x,y=3:7; x+y*10': '73',
    'def foo(a,b): [a+b, a-b]\nx,y = foo(15,10)\nx*100+y': '2505',
    'x,y=10; x+y': '20',
    't = table(1 2 as id, `a`b as name); a,b = t; b.name': 'b',
  },
  'elements of vectors and columns of tables can be assigned': {
    'x=5 7 0; x[1]=9; x': '[5,9,0]',
    'x=5 7 0; x[0 2]=1 2; x': '[1,7,2]',
    'x=5 7 0; x[0:2]=8; x': '[8,8,0]',
    'x=5 7 0; x[1:]=3 4; x': '[5,3,4]',
    'x=5 7 0; x[x>4]=1; x': '[1,1,0]',
    'x=5 7 0; x[0]=2.6; x': '[3,7,0]',
    'x=`a`b; x[1]="z"; x': '[a,z]',
    'x=`a`b$SYMBOL; x[1]="z"; x': '[a,z]',
    't=table(1 2 as x); t[`x]=3 4; t[`y]=`a; t': '3 a;4 a',
    'x=1.5P 2.5P; x[0]=9; x': '[9.0,2.5]',
    'x=(1, `a); x[1]=2 3; x': '[1,[2,3]]',
    'x=array(ANY, 2); x[0]=add; x[1]=3; f=x[0]; f(1,2)': '3',
    'x=uuid("5d212a78-cc48-e3b1-4235-b4d91473ee87"); y=array(UUID, 2); y[1]=x; y[1]==x': 'true',
  },
}

for (const [title, cases] of Object.entries(examplesAssign)) {
  t.test(title, async t => {
    for (const [script, shown] of Object.entries(cases)) {
      t.equal(await testSession().show(script), shown, script)
      t.equal(await shownRestlessly(script), shown, `${script}, yielding`)
    }
  })
}

t.test('constants, and parameters without mutable, cannot be changed', async t => {
  const { fail } = testSession()
  const refused = (name: string): string =>
    `Syntax Error: [line #1] Constant variable [${name}] can't be modified.`
  t.equal(await fail('def f(a){a+=1; return a}'), refused('a'))
  t.equal(await fail('def f(a){a=1; return a}'), refused('a'))
  t.equal(await fail('def f(a){a[0]=1; return a}'), refused('a'))
  t.equal(await fail('const c = 1 2 3; c=4 5 6'), refused('c'))
  t.equal(await fail('const x = 1..10; x[5]=0'), refused('x'))
  const other = testSession()
  await other.run('const kept = 10')
  t.equal(await other.fail('kept += 1'), refused('kept'))
})

t.test("a mutable parameter changes the caller's variable", async t => {
  const { show, fail } = testSession()
  t.equal(await show('def f(mutable a){a+=1; return a}\nx=1\nf(x)\nf(x)\nx'), '3')
  t.equal(await show('x=1..3\nf(x)\nx'), '[2,3,4]')
  t.equal(await show('def g(mutable a){a[1]=0; a.append!(7)}\nx=1..3\ny=x\ng(x)\nx'), '[1,0,3,7]')
  t.equal(await show('y'), '[1,2,3]')
  t.equal(await show('f(2)\nf(2)'), '3')
  t.equal(
    await fail('def h(a){return f(a)}\nh(1)'),
    "h(1) => h: f(a) => Read only object can't be applied to mutable function f",
  )
  t.match(
    await fail('def h(a){return a.append!(1)}\nh(1 2)'),
    "Read only object can't be applied to mutable function append!",
  )
})

t.test("invalid assignments are refused in the manual's words", async t => {
  const { fail } = testSession()
  t.equal(
    await fail('e()=1'),
    "Syntax Error: [line #1] Please use '==' rather than '=' as equal operator in non-sql expression.",
  )
  t.match(await fail('z={a:1}\nz.a=5'), "[line #2] Please use '==' rather than '='")
  t.match(await fail('t=table(1 2 as x)\nt.x+=1'), "[line #2] Can't use assignment in expression.")
  t.equal(
    await fail('x=1 2\nx[7]=1'),
    'x[7]=1 => Assignment statement failed probably due to invalid indices [x[7]=1]',
  )
  t.match(await fail('x=1 2; x[0 1]=1 2 3'), 'Assignment statement failed')
  for (const other of ['x=3:6', 'x={a: 1}']) {
    t.match(await fail(`${other}; x[0]=1`), /not in the embedded server$/, other)
  }
  t.match(await fail('a,b = 1 2 3'), 'The number of variables must match the number of values.')
})

type Model = Record<string, number[]>

/** A step that changes the variables a, b, c: as a script, and on arrays that are copied at every assignment. */
type Step = { script: string; apply: (model: Model) => void }

const name = fc.constantFrom('a', 'b', 'c')
const smallAssign = fc.nat({ max: 9 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(name, name).map(([to, from]) => ({
    script: `${to}=${from}`,
    apply: (model: Model) => (model[to] = [...model[from]!]),
  })),
  fc.tuple(name, smallAssign, smallAssign).map(([to, at, value]) => ({
    script: `if(size(${to})>${at}){${to}[${at}]=${value}}`,
    apply: (model: Model) => {
      if (at < model[to]!.length) model[to]![at] = value
    },
  })),
  fc.tuple(name, smallAssign).map(([to, value]) => ({
    script: `${to}.append!(${value})`,
    apply: (model: Model) => model[to]!.push(value),
  })),
  fc.tuple(name, name).map(([to, from]) => ({
    script: `${to}=distinct(${from})`,
    apply: (model: Model) => (model[to] = [...new Set(model[from])]),
  })),
  fc.tuple(name, name).map(([to, from]) => ({
    script: `kept=(${from}, 1); ${from}.append!(5); ${to}=kept[0]`,
    apply: (model: Model) => {
      const before = [...model[from]!]
      model[from]!.push(5)
      model[to] = before
    },
  })),
  fc.tuple(name, smallAssign).map(([to, value]) => ({
    script: `change(${to}, ${value})`,
    apply: (model: Model) => {
      model[to] = model[to]!.map(one => one + value)
    },
  })),
)

t.test('changes to one variable never show in another', async t => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
    const { run } = testSession()
    const model: Model = { a: [1, 2, 3], b: [], c: [7] }
    await run('a=1 2 3; b=array(INT,0); c=[7]\ndef change(mutable v, by){v+=by}')
    for (const { script, apply } of steps) {
      await run(script)
      apply(model)
    }
    for (const [variable, wanted] of Object.entries(model)) {
      const vector = (await run(variable)) as { data: Int32Array; length: number }
      assert.deepStrictEqual([...vector.data.subarray(0, vector.length)], wanted, variable)
    }
  })
  await fc.assert(property, { numRuns: runs(30), seed })
  t.pass()
})

t.test('a variable takes one value, and a removed name takes none', async t => {
  const { fail } = testSession()
  t.equal(await fail('x = 1, 2'), 'x = 1, 2 => One variable can not take several values.')
  t.match(await fail('x, y = 1, 2, 3'), 'The number of variables must match')
  t.equal(await fail('x = 1\nundef(`x)\nx += 1'), "x += 1 => Can't find the object with name x")
  t.match(await fail('x = 1\nundef(`x)\nx[0] = 1'), 'Only elements of a variable can be assigned.')
})

t.test('a constant of a function is not a constant of the session', async t => {
  const { run, show } = testSession()
  t.equal(await show('def f(){const k = 1; return k}\nf()'), '1')
  t.equal(await show('k = 2\nk = 3\nk'), '3')
  await run('const c = 1 2')
  t.equal(await show('d = c; d[0] = 9; c'), '[1,2]')
})

t.test('a run-time error contains the source of the failed call', async t => {
  const { fail } = testSession()
  t.equal(
    await fail('x = 1\ny = tableInsert(5, 1)'),
    'tableInsert(5, 1) => A table object or table name is expected.',
  )
  t.equal(await fail('1+`a-2'), '1+`a-2 => Arguments for sub method can not be string.')
  t.match(await fail('string(objByName("no"))'), /^objByName\("no"\) => Can't find/)
})

t.test('strings are quoted in one way, and the source is one line', async t => {
  const { fail } = testSession()
  t.equal(await fail("throw '<NotLeader>xxx'"), 'throw "<NotLeader>xxx" => <NotLeader>xxx')
  t.equal(
    await fail("objByName( // look\n  'absent'\n)"),
    'objByName( "absent" ) => Can\'t find the object with name absent',
  )
})

t.test('inside a function the error also names the function', async t => {
  const { fail } = testSession()
  t.equal(await fail('def f(){ throw "x" }\nf()'), 'f() => f: throw "x" => x')
  t.equal(await fail('def g(x){ return f() + x }\ng(1)'), 'g(1) => g: f() => f: throw "x" => x')
  t.equal(
    await fail('each(x -> x + table(1 as a), 1 2)'),
    'x + table(1 as a) => Arguments for add method can not be table.',
  )
})

t.test('errors of function requests have no source', async t => {
  const { run, call } = testSession()
  await t.rejects(call('schema'), {
    message:
      'The function [schema] expects 1 argument(s), but the actual number of arguments is: 0',
  })
  await run('def f(){ throw "x" }')
  await t.rejects(call('f'), { message: 'f: throw "x" => x' })
})

t.test('a tag comes after the source in a script, and first in a function request', async t => {
  const { run, fail, call } = testSession()
  await run('def f(){ throw "<ChunkInTransaction>busy" }')
  const thrown = 'throw "<ChunkInTransaction>busy" => <ChunkInTransaction>busy'
  t.equal(await fail('f()'), `f() => f: ${thrown}`)
  await t.rejects(call('f'), { message: '<ChunkInTransaction>busy' })
  await t.rejects(call('f{}'), { message: '<ChunkInTransaction>busy' })
  await run('def g(){ throw "a < b > c" }')
  await t.rejects(call('g'), { message: 'g: throw "a < b > c" => a < b > c' })
})
