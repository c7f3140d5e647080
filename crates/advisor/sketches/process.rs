// Child processes over pipes: a crash costs one task, and another child takes the place.
use std::env;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;

fn work(payload: &[u8]) -> u64 {
    // Your work: bytes in, an answer out. It may crash.
    payload.iter().map(|byte| u64::from(*byte)).sum()
}

/// The child: a length and so many bytes in, eight bytes out, until its input ends with its parent.
fn serve() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut length = [0; 8];
    while input.read_exact(&mut length).is_ok() {
        let mut payload = vec![0; u64::from_le_bytes(length) as usize];
        input.read_exact(&mut payload)?;
        output.write_all(&work(&payload).to_le_bytes())?;
        output.flush()?;
    }
    Ok(())
}

fn start() -> io::Result<Child> {
    let own = env::current_exe()?;
    Command::new(own).arg("child").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

fn ask(child: &mut Child, payload: &[u8]) -> io::Result<u64> {
    let (input, output) = (child.stdin.as_mut().unwrap(), child.stdout.as_mut().unwrap());
    input.write_all(&(payload.len() as u64).to_le_bytes())?;
    input.write_all(payload)?;
    let mut answer = [0; 8];
    output.read_exact(&mut answer)?;
    Ok(u64::from_le_bytes(answer))
}

fn main() -> io::Result<()> {
    if env::args().nth(1).as_deref() == Some("child") {
        return serve();
    }
    let size = thread::available_parallelism().map_or(2, |count| count.get());
    let tasks = Mutex::new((0..20_u8).map(|number| vec![number; 1000]).enumerate());
    let answers = Mutex::new(Vec::new());
    // A thread per child, that gives it the next task when it is done with one.
    thread::scope(|scope| {
        for _ in 0..size {
            scope.spawn(|| -> io::Result<()> {
                let mut child = start()?;
                loop {
                    let next = tasks.lock().unwrap().next();
                    let Some((number, payload)) = next else { break };
                    let answer = ask(&mut child, &payload).or_else(|why| {
                        eprintln!("task {number}: {why}; once more with another child");
                        let _ = child.kill();
                        child.wait()?;
                        child = start()?;
                        ask(&mut child, &payload)
                    })?;
                    answers.lock().unwrap().push((number, answer));
                }
                drop(child.stdin.take());
                child.wait().map(|_| ())
            });
        }
    });
    let mut all = answers.into_inner().unwrap();
    all.sort_unstable();
    let all: Vec<String> = all.into_iter().map(|(_, answer)| answer.to_string()).collect();
    println!("answers: {}", all.join(" "));
    Ok(())
}
