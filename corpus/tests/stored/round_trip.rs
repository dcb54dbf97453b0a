//! A stored case that is written reads back equal, and the whole file is a component that validates.

use crate::{component, invocation, logging_case, stored};
use spawndiff_corpus::{
    Claim, Event, Expect, Invocation, MARK, Run, StoredCase, Value, WriteError, component_from_text,
};
use wast::{QuoteWat, Wast, WastDirective};

pub fn assert_reads_back(stored: StoredCase) -> String {
    let text = stored.to_wast().expect("it can be written");
    let read = StoredCase::parse(&text).expect("it can be read");
    assert_eq!(read, stored, "{text}");
    assert_eq!(
        read.to_wast().as_ref(),
        Ok(&text),
        "written twice, it is the same text"
    );
    text
}

pub fn validate_definition(text: &str) {
    let buffer = wast::parser::ParseBuffer::new(text).unwrap();
    let mut wast: Wast = wast::parser::parse(&buffer).unwrap();
    let WastDirective::ModuleDefinition(QuoteWat::Wat(wat)) = &mut wast.directives[0] else {
        panic!("a file starts with its definition");
    };
    let binary = wat.encode().unwrap();
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    if let Err(error) = validator.validate_all(&binary) {
        panic!("{error}\n{text}");
    }
}

pub fn returns(value: Value) -> Expect {
    Expect::Returns(Some(value))
}

#[test]
fn a_written_case_reads_back_equal_and_the_whole_validates() {
    let text = assert_reads_back(logging_case());
    validate_definition(&text);
}

#[test]
fn a_component_without_anything_can_be_stored() {
    let empty = stored(component("(component)"), vec![], &[]);
    validate_definition(&assert_reads_back(empty));
}

#[test]
fn lines_are_those_of_the_file() {
    let text = logging_case().to_wast().unwrap();
    let read = StoredCase::parse(&text).unwrap();
    for directive in &read.directives {
        let line = text.lines().nth(directive.line - 1).unwrap();
        let start = match &directive.claim {
            Claim::Definition => "(component definition",
            Claim::Instance => "(component instance",
            Claim::Invoke { .. } => "(assert_return (invoke \"e0\"",
            Claim::Settle { .. } => "(assert_return (invoke \"settle\"",
            Claim::Events { .. } => "(assert_return (invoke \"events\"",
        };
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn several_runs_traps_and_bare_calls_read_back() {
    let mut stored = logging_case();
    let call = |invocation, expect| Claim::Invoke { invocation, expect };
    let trap = Expect::Traps("a \"quoted\" \\ message,\nof two lines".into());
    let more = [
        (1, Claim::Instance),
        (1, call(0, Expect::Anything)),
        (
            1,
            Claim::Settle {
                invocation: Some(0),
                expect: Expect::Anything,
            },
        ),
        (1, call(1, trap.clone())),
        (
            1,
            Claim::Settle {
                invocation: Some(1),
                expect: trap,
            },
        ),
        (2, Claim::Instance),
        (
            2,
            Claim::Settle {
                invocation: None,
                expect: Expect::Returns(None),
            },
        ),
        (
            2,
            Claim::Events {
                invocation: None,
                events: Vec::new(),
            },
        ),
    ];
    for (run, claim) in more {
        let line = 17;
        stored
            .directives
            .push(spawndiff_corpus::Directive { line, run, claim });
    }
    let calls = [0, u32::MAX].map(|x| invocation("e0", vec![Value::U32(x)]));
    stored.case.runs.push(Run {
        invocations: calls.to_vec(),
    });
    stored.case.runs.push(Run::default());
    let events = vec![
        Event {
            point: MARK,
            value: 3,
        },
        Event {
            point: 0,
            value: u64::MAX,
        },
    ];
    stored.directives[4].claim = Claim::Events {
        invocation: Some(0),
        events,
    };
    assert_reads_back(stored);
}

const THREADS: &str = r#"(component
  (core module $libc (table (export "table") 2 funcref) (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (core type $start (func (param i32)))
  (alias core export $libc "table" (core table $table))
  THREADS
  (core module $m
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "libc" "table" (table 2 funcref))
    (func $start (param i32))
    (elem (i32.const 0) func $start)
    (func (export "e0") (result i32) (call $new (i32.const 0) (i32.const 1))))
  (core instance $m (instantiate $m
    (with "" (instance (export "new" (func $new))))
    (with "libc" (instance $libc))))
  (func (export "e0") async (result u32) (canon lift (core func $m "e0"))))"#;

#[test]
fn a_case_with_thread_new_indirect_reads_back_and_validates() {
    let new = "(core func $new (canon thread.new-indirect $start (core table $table)))";
    let call = invocation("e0", vec![]);
    let component = component(&THREADS.replace("THREADS", new));
    let stored = stored(component, vec![(call, returns(Value::U32(1)))], &[]);
    validate_definition(&assert_reads_back(stored));
}

#[test]
fn a_case_with_unshared_spawns_reads_back_though_no_validator_takes_it() {
    let spawns = "
      (core func $new (canon thread.spawn-indirect $start (core table $table)))
      (core func $spawn-ref (canon thread.spawn-ref $start))
      (core func $parallelism (canon thread.available_parallelism))";
    let component = component(&THREADS.replace("THREADS", spawns));
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    assert!(validator.validate_all(&component).is_err());
    let call = invocation("e0", vec![]);
    assert_reads_back(stored(component, vec![(call, Expect::Anything)], &[]));
}

#[test]
fn nested_components_and_resources_read_back() {
    let component = component(
        r#"(component
          (type $r (resource (rep i32)))
          (core func $drop (canon resource.drop $r))
          (component $inner
            (component $innermost (core module (func (export "f") (param f32))))
            (core module $m (func (export "f") (result i64) (i64.const -1)))
            (core instance $m (instantiate $m))
            (func (export "f") (result u64) (canon lift (core func $m "f"))))
          (instance $a (instantiate $inner))
          (instance $b (instantiate $inner))
          (export "a" (func $a "f"))
          (export "b" (func $b "f"))
          (export "inner" (instance $b)))"#,
    );
    let calls = ["a", "b"].map(|name| (invocation(name, vec![]), returns(Value::U64(u64::MAX))));
    validate_definition(&assert_reads_back(stored(component, calls.to_vec(), &[])));
}

#[test]
fn a_case_written_by_hand_gives_its_second_component() {
    let text = format!(
        r#";; By hand
           ;;, indented lines are no header
        (component definition $mine {}
          (component $case
            (core module $m (func $f (export "f")))
            (core instance $i (instantiate $m))
            (func $lifted (export "f") (canon lift (core func $i "f"))))
          (instance $c (instantiate $case))
          (export "f" (func $c "f")))
        (component instance $i $mine)
        (invoke "f")"#,
        spawndiff_corpus::HOST
    );
    let read = StoredCase::parse(&text).unwrap();
    assert_eq!(read.header, ["By hand"]);
    assert_eq!(read.case.runs[0].invocations, [invocation("f", vec![])]);
    let plain = component(
        r#"(component
            (core module (func (export "f")))
            (core instance (instantiate 0))
            (func (export "f") (canon lift (core func 0 "f"))))"#,
    );
    assert_eq!(read.case.component, plain);
    assert_reads_back(read);
}

#[test]
fn a_case_that_would_read_back_otherwise_is_not_written() {
    let good = logging_case();

    let mut bad = good.clone();
    bad.case.component.truncate(20);
    assert!(
        matches!(bad.to_wast(), Err(WriteError::Component(_))),
        "{:?}",
        bad.to_wast()
    );

    let mut bad = good.clone();
    bad.case.component = b"\0asm\x01\0\0\0".to_vec();
    assert!(matches!(bad.to_wast(), Err(WriteError::Component(_))));

    let mut bad = good.clone();
    bad.case.runs[0].invocations.clear();
    assert_eq!(bad.to_wast(), Err(WriteError::NoSuchInvocation(2)));

    let mut bad = good.clone();
    bad.case.runs[0].invocations.push(Invocation {
        export: "e0".into(),
        args: vec![],
    });
    assert_eq!(bad.to_wast(), Err(WriteError::Differs("the runs".into())));

    let mut bad = good.clone();
    bad.header.push("two\nlines".into());
    assert!(matches!(bad.to_wast(), Err(WriteError::Differs(_))));

    let mut bad = good.clone();
    bad.directives.swap(0, 1);
    assert!(matches!(bad.to_wast(), Err(WriteError::Differs(_))));

    let mut bad = good.clone();
    bad.directives[3].run = 4;
    assert_eq!(
        bad.to_wast(),
        Err(WriteError::Differs("directive 3".into()))
    );

    let mut bad = good.clone();
    bad.case.runs[0].invocations[0].export = "missing".into();
    assert!(matches!(bad.to_wast(), Err(WriteError::Differs(_))));

    let mut bad = good;
    bad.case.component = component(
        r#"(component
          (core module $m (func (export "settle")))
          (core instance $m (instantiate $m))
          (func (export "settle") (canon lift (core func $m "settle"))))"#,
    );
    assert_eq!(bad.to_wast(), Err(WriteError::NameTaken("settle".into())));
}

#[test]
fn what_wasm_encoder_builds_reads_back_to_the_byte() {
    use wasm_encoder::*;
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    types.ty().function([], [ValType::I64]);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 300,
        maximum: Some(70_000),
        shared: false,
    });
    let mut memories = MemorySection::new();
    let shared = MemoryType {
        minimum: 1,
        maximum: Some(2),
        memory64: false,
        shared: true,
        page_size_log2: None,
    };
    memories.memory(shared);
    let mut globals = GlobalSection::new();
    let counter = GlobalType {
        val_type: ValType::I64,
        mutable: true,
        shared: false,
    };
    globals.global(counter, &ConstExpr::i64_const(i64::MIN));
    let mut exports = ExportSection::new();
    exports
        .export("table", ExportKind::Table, 0)
        .export("e0", ExportKind::Func, 1);
    let mut elements = ElementSection::new();
    let offset = ConstExpr::i32_const(-1);
    elements.active(None, &offset, Elements::Functions((&[0u32, 1][..]).into()));
    elements.declared(Elements::Functions((&[0u32][..]).into()));
    let mut code = CodeSection::new();
    let mut start = Function::new([(2, ValType::F64), (1, ValType::FUNCREF)]);
    let memarg = MemArg {
        offset: 8,
        align: 2,
        memory_index: 0,
    };
    start
        .instructions()
        .local_get(0)
        .i32_const(-64)
        .i32_atomic_store(memarg);
    start
        .instructions()
        .f64_const(f64::from_bits(0xfff0_0000_0000_0001).into())
        .drop();
    start
        .instructions()
        .block(BlockType::Empty)
        .br(0)
        .end()
        .ref_func(0)
        .drop()
        .end();
    let mut e0 = Function::new([]);
    e0.instructions().global_get(0).end();
    code.function(&start).function(&e0);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), *b"\0\n\"\\\xff");
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&memories);
    module
        .section(&globals)
        .section(&exports)
        .section(&elements)
        .section(&code)
        .section(&data);

    let mut builder = ComponentBuilder::default();
    let module = builder.core_module(None, &module);
    let instance = builder.core_instantiate(None, module, []);
    let table = builder.core_alias_export(None, instance, "table", ExportKind::Table);
    let (start, encoder) = builder.core_type(None);
    encoder.core().function([ValType::I32], []);
    builder.thread_new_indirect(start, table);
    let (ty, mut encoder) = builder.type_function(None);
    encoder
        .async_(true)
        .params([("x", PrimitiveValType::F32); 0])
        .result(Some(PrimitiveValType::U64.into()));
    let e0 = builder.core_alias_export(None, instance, "e0", ExportKind::Func);
    let lifted = builder.lift_func(None, e0, ty, []);
    builder.export("e0", ComponentExportKind::Func, lifted, None);

    let call = (invocation("e0", vec![]), returns(Value::U64(1 << 63)));
    validate_definition(&assert_reads_back(stored(
        builder.finish(),
        vec![call],
        &[],
    )));
}

#[test]
fn a_component_with_names_is_written_and_reads_back_without_them() {
    let named = crate::encode("(component $a (core module $b (func $c)))");
    let with_names = stored(named.clone(), vec![], &[]);
    let read = StoredCase::parse(&with_names.to_wast().unwrap()).unwrap();
    assert_ne!(read.case.component, named);
    assert_eq!(read.case.component, component_from_text(&named).unwrap());
    assert_eq!(read.directives, with_names.directives);
}

#[test]
fn adjacent_sections_of_one_kind_are_refused_until_normalized() {
    let mut split = component("(component)");
    for _ in 0..2 {
        // A type section of one type: `(func)`.
        split.extend([7, 5, 1, 0x40, 0, 1, 0]);
    }
    let mut stored = stored(split, vec![], &[]);
    assert!(matches!(stored.to_wast(), Err(WriteError::Differs(_))));
    stored.case.component = component_from_text(&stored.case.component).unwrap();
    assert_reads_back(stored);
}
