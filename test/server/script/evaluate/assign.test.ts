import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { shownRestlessly } from '../../../helpers/runtime.js'
import { testSession } from '../../../helpers/script.js'
import { runs, seed } from '../../../helpers/runs.js'

t.comment(`TEST_SEED=${seed}`)

const examples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'assignment is by value': {
    'y=6 4 7; x=y; y[1]=0; x': '[6,4,7]',
    'y=6 4 7; x=y; y[1]=0; y': '[6,0,7]',
    'y=6 4 7; x=y; x.append!(1); y': '[6,4,7]',
    'y=6 4 7; t=(y, 1); y[0]=0; t[0]': '[6,4,7]',
    'y=6 4 7; t=table(y); y[0]=0; t.y': '[6,4,7]',
    'y=1 2; d=dict(`a`b, (y, y)); y[0]=9; d.a': '[1,2]',
    'd={a: 1}; e=d; e[`a]=2; d.a': '1',
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
    'x,y = 1..10$5:2; y': '[6,7,8,9,10]',
    't = table(1 2 as id, `a`b as name); a,b = t; b.name': 'b',
  },
  'elements of every container can be assigned': {
    'x=5 7 0; x[1]=9; x': '[5,9,0]',
    'x=5 7 0; x[0 2]=1 2; x': '[1,7,2]',
    'x=5 7 0; x[0:2]=8; x': '[8,8,0]',
    'x=5 7 0; x[1:]=3 4; x': '[5,3,4]',
    'x=5 7 0; x[x>4]=1; x': '[1,1,0]',
    'x=5 7 0; x[0]=2.6; x': '[3,7,0]',
    'x=`a`b; x[1]="z"; x': '[a,z]',
    'x=`a`b$SYMBOL; x[1]="z"; x': '[a,z]',
    'x=(1, `a); x[1]=2 3; x': '[1,[2,3]]',
    'x=array(ANY, 2); x[0]=add; f=x[0]; f(1,2)': '3',
    'x=3:6; x[0]=4; x': '4:6',
    'd=dict(STRING, INT); d[`a]=1; d[`b`c]=2 3; d[`c] + d[`a]': '4',
    'd=dict(INT, DOUBLE); d[1]=7.9; d[-1]=1000; size(d)': '2',
    'm=1..4$2:2; m[1,1]=9; m[1]': '[3,9]',
    'm=1..4$2:2; m[0]=7 8; m[0]': '[7,8]',
    't=table(1 2 as x); t[`x]=3 4; t[`y]=`a; t': '3 a;4 a',
    'x=1.5P 2.5P; x[0]=9; x': '[9.0,2.5]',
    'x=uuid("5d212a78-cc48-e3b1-4235-b4d91473ee87"); y=array(UUID, 2); y[1]=x; y[1]==x': 'true',
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

t.test('constants and parameters without mutable cannot be changed', async t => {
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

t.test('a mutable parameter changes the variable of the caller', async t => {
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

t.test('what cannot be assigned to is refused in the words of the manual', async t => {
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
  t.match(await fail('a,b = 1 2 3'), 'The number of variables must match the number of values.')
})

type Model = Record<string, number[]>

/** One step on the variables a, b, c: as script, and on plain arrays that are copied at every assignment. */
type Step = { script: string; apply: (model: Model) => void }

const name = fc.constantFrom('a', 'b', 'c')
const small = fc.nat({ max: 9 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(name, name).map(([to, from]) => ({
    script: `${to}=${from}`,
    apply: (model: Model) => (model[to] = [...model[from]!]),
  })),
  fc.tuple(name, small, small).map(([to, at, value]) => ({
    script: `if(size(${to})>${at}){${to}[${at}]=${value}}`,
    apply: (model: Model) => {
      if (at < model[to]!.length) model[to]![at] = value
    },
  })),
  fc.tuple(name, small).map(([to, value]) => ({
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
  fc.tuple(name, small).map(([to, value]) => ({
    script: `change(${to}, ${value})`,
    apply: (model: Model) => {
      model[to] = model[to]!.map(one => one + value)
    },
  })),
)

t.test('no sequence of changes to one variable shows in another', async t => {
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

t.test('one variable takes one value, and a name that is gone none', async t => {
  const { fail } = testSession()
  t.equal(await fail('x = 1, 2'), 'x = 1, 2 => One variable can not take several values.')
  t.match(await fail('x, y = 1, 2, 3'), 'The number of variables must match')
  t.equal(await fail('x = 1\nundef(`x)\nx += 1'), "x += 1 => Can't find the object with name x")
  t.match(await fail('x = 1\nundef(`x)\nx[0] = 1'), 'Only elements of a variable can be assigned.')
})

t.test('a constant of a function is none of the session', async t => {
  const { run, show } = testSession()
  t.equal(await show('def f(){const k = 1; return k}\nf()'), '1')
  t.equal(await show('k = 2\nk = 3\nk'), '3')
  await run('const c = 1 2')
  t.equal(await show('d = c; d[0] = 9; c'), '[1,2]')
})
