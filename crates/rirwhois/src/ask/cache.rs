//! `--cache`: answers on disk, for a day.
//!
//! One file to which each answer is appended in one write as it comes, so that a run that is
//! interrupted, even by SIGKILL, loses nothing that was complete, and several runs may share it.
//! An entry begins with a mark that the file alone has and no server knows; a reader that meets a
//! torn one goes on at the next mark. Only the places of the entries are held in memory.
//!
//! The file is trusted as little as any other: it is ours, regular, of one name, never reached
//! through a link, and read up to a bound. What is in it counts only where the same server would be
//! asked first, so answers of another server never mix in. Whatever is wrong with it, it is just
//! not used.
use std::{
    fs::File,
    io::{self, Seek as _, Write as _},
    os::{
        fd::OwnedFd,
        unix::fs::{FileExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, SystemTime},
};

use plainnet_common::output::reason;
use rustix::{
    fs::{AtFlags, FlockOperation, flock, renameat, unlinkat},
    io::Errno,
};

use self::{
    entry::{Head, entry, new_mark, sum},
    file::{FILE, FOLDER, own_file, own_folder},
    index::{BYTES, Index, Place},
};
use crate::{
    ask::outcome::{Conclusion, Found, Origin, Outcome},
    ask::policy::Policy,
    ask::question::Question,
    ask::share::shared_range,
    read::charset,
    read::rdap,
    read::reply::Reply,
};

mod entry;
mod file;
mod index;

/// The answers of earlier runs and this one.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    file: File,
    /// What each entry begins with.
    mark: String,
    now: u64,
    length: u64,
    index: Index,
    /// Why nothing is written any more.
    broken: Option<String>,
}

impl Cache {
    /// Opens the cache in `folder`, or makes a new one.
    ///
    /// # Errors
    /// Why there is none, with its path.
    pub fn open(folder: &Path) -> Result<Cache, String> {
        let path = folder.join(FOLDER).join(FILE);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Cache::open_at(folder, path.clone(), now).map_err(|e| format!("{}: {}", path.display(), reason(&e)))
    }

    fn open_at(folder: &Path, path: PathBuf, now: u64) -> io::Result<Cache> {
        let folder = own_folder(folder)?;
        for _ in 0..16 {
            let file = own_file(&folder)?;
            // Whoever is at it keeps others from replacing it; that takes a moment at most.
            match flock(&file, FlockOperation::NonBlockingLockShared) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                }
                Err(e) => return Err(e.into()),
            }
            // It may have been replaced between opening and locking.
            let (ours, there) = (file.metadata()?, rustix::fs::statat(&folder, FILE, AtFlags::SYMLINK_NOFOLLOW));
            if there.is_ok_and(|there| (there.st_dev, there.st_ino) == (ours.dev(), ours.ino())) {
                return Cache::read(&folder, path, file, now);
            }
        }
        Err(io::Error::other("in use, tried in vain"))
    }

    fn read(folder: &OwnedFd, path: PathBuf, mut file: File, now: u64) -> io::Result<Cache> {
        let length = file.metadata()?.len();
        let mark = if length <= BYTES { entry::mark(&mut file)? } else { None };
        if let Some(mark) = mark {
            let index = Index::read(&mut file, &mark, now)?;
            let cache = Cache { path, file, mark, now, length, index, broken: None };
            return match cache.is_stale() {
                true => cache.compacted(folder),
                false => Ok(cache),
            };
        }
        let mark = new_mark();
        if length == 0 {
            (&file).write_all(entry::first_line(&mark).as_bytes())?;
            // Another run may have begun the same new file at the same moment; its mark counts then.
            file.rewind()?;
            let mark = entry::mark(&mut file)?.unwrap_or(mark);
            let length = file.metadata()?.len();
            return Ok(Cache { path, file, mark, now, length, index: Index::default(), broken: None });
        }
        // It is something else, or too long: a new one takes its place.
        Cache { path, file, mark, now, length, index: Index::default(), broken: None }.compacted(folder)
    }

    /// Is more than half of it too old to be of use?
    fn is_stale(&self) -> bool {
        self.index.dead > 1 << 20 && self.index.dead > self.length / 2
    }

    /// Writes what is still of use to a new file and puts that in the place of the old one, unless
    /// another run is at it.
    fn compacted(self, folder: &OwnedFd) -> io::Result<Cache> {
        if flock(&self.file, FlockOperation::NonBlockingLockExclusive).is_err() {
            flock(&self.file, FlockOperation::NonBlockingLockShared)?;
            return Ok(self);
        }
        let (name, new) = file::new_file(folder, &new_mark()[1..])?;
        let mark = new_mark();
        let done = self.copy(&new, &mark).and_then(|()| {
            flock(&new, FlockOperation::NonBlockingLockShared)?;
            renameat(folder, &name, folder, FILE)?;
            Ok(())
        });
        if let Err(e) = done {
            let _ = unlinkat(folder, &name, AtFlags::empty());
            return Err(e);
        }
        let mut file = new;
        let index = Index::read(&mut file, &mark, self.now)?;
        let length = file.metadata()?.len();
        Ok(Cache { file, mark, length, index, ..self })
    }

    /// Copies the entries that are young enough.
    fn copy(&self, to: &File, mark: &str) -> io::Result<()> {
        let mut out = io::BufWriter::new(to);
        out.write_all(entry::first_line(mark).as_bytes())?;
        for place in self.index.places() {
            let Some((head, body)) = self.load(place) else { continue };
            out.write_all(&entry(mark, &head, &body))?;
        }
        out.flush()
    }

    /// The answer to `question`, if it was asked of the same server within a day.
    pub fn find(&self, question: &Question, policy: &Policy<'_>) -> Option<Rc<Outcome>> {
        let key = key(question, policy);
        let (head, body) = self.load(self.index.find(&key, question)?)?;
        let holds = match question {
            Question::Addresses(asked) => head.range.is_some_and(|range| range.holds(asked)),
            _ => false,
        };
        if head.key != key || head.question != *question && !holds {
            return None;
        }
        outcome(head, body, policy).map(Rc::new)
    }

    /// Reads an entry, if it is whole.
    fn load(&self, place: Place) -> Option<(Head, Vec<u8>)> {
        let mut bytes = vec![0; place.head as usize + place.body as usize];
        self.file.read_exact_at(&mut bytes, place.at).ok()?;
        let body = bytes.split_off(place.head as usize);
        let head = Head::parse(bytes.strip_suffix(b"\n")?, &self.mark)?;
        (head.sum == sum(&body)).then_some((head, body))
    }

    /// Keeps an answer, at once.
    ///
    /// # Errors
    /// It can't be written, with the path; said once, and nothing is tried again.
    pub fn add(&mut self, question: &Question, outcome: &Outcome, policy: &Policy<'_>) -> Result<(), String> {
        if outcome.cached || self.broken.is_some() {
            return Ok(());
        }
        let (origin, registry, body) = match (&outcome.conclusion, &outcome.found) {
            (Conclusion::Answered, Some(found)) => {
                (Some(found.origin.clone()), found.answer.registry, Rc::clone(&found.bytes))
            }
            (Conclusion::NoRecord(why), _) => (None, None, Rc::new(why.clone().into_bytes())),
            _ => return Ok(()),
        };
        let head = Head {
            time: self.now,
            key: key(question, policy),
            question: question.clone(),
            range: shared_range(question, outcome, policy.table),
            origin,
            registry,
            hops: outcome.hops.clone(),
            length: body.len(),
            sum: sum(&body),
        };
        let entry = entry(&self.mark, &head, &body);
        if self.length + entry.len() as u64 > BYTES {
            let why = format!("{}: full, later answers are not kept", self.path.display());
            self.broken = Some(why.clone());
            return Err(why);
        }
        // One write, at the end whoever else writes there; the kernel does not tear it.
        match (&self.file).write(&entry) {
            Ok(n) if n == entry.len() => {
                self.length += n as u64;
                Ok(())
            }
            other => {
                let why = other.err().map_or("No space left on device".into(), |e| reason(&e));
                let why = format!("{}: {why}", self.path.display());
                self.broken = Some(why.clone());
                Err(why)
            }
        }
    }
}

/// By what protocol, by what rules and of whom a question is asked first.
fn key(question: &Question, policy: &Policy<'_>) -> String {
    let kind = if matches!(question, Question::Holdings(_)) { "holdings" } else { "record" };
    match policy.rdap {
        true => format!("rdap {kind} {}", policy.first_base(question).map_or("-", |(base, _)| base)),
        false => {
            let any = if policy.follow_any { " any" } else { "" };
            format!("whois {kind} {}{any}", policy.first(question))
        }
    }
}

/// Makes an outcome of an entry.
fn outcome(head: Head, body: Vec<u8>, policy: &Policy<'_>) -> Option<Outcome> {
    let Head { question, hops, origin, registry, range, .. } = head;
    let cached = |conclusion, found| Outcome {
        found,
        cached: true,
        shareable: range.is_some(),
        ..Outcome::without(conclusion, hops.clone())
    };
    let found = match origin {
        None => return Some(cached(Conclusion::NoRecord(String::from_utf8_lossy(&body).into_owned()), None)),
        Some(Origin::Whois(server)) => {
            let body = Rc::new(body);
            let text = charset::text(&body);
            Found::of_whois(&question, &server, &body, &Reply::parse(&text), &hops, policy.table)
        }
        Some(Origin::Table) => return None,
        Some(Origin::Rdap(url)) => {
            let text = rdap::text(&body);
            let mut answer = rdap::Object::parse(&text).ok()?.answer(registry);
            crate::ask::query::authority(&url).clone_into(&mut answer.server);
            drop(text);
            Found { bytes: Rc::new(body), origin: Origin::Rdap(url), answer }.at(&question, &hops, policy.table)
        }
    };
    Some(cached(Conclusion::Answered, Some(found)))
}

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch::Folder;

    use super::{index::DAY, *};
    use crate::{
        ask::servers::{Server, Servers},
        table::lookup::Table,
    };

    /// The folder of a user's caches.
    struct Caches(Folder);

    impl Caches {
        fn new() -> Caches {
            Caches(Folder::new())
        }

        fn file(&self) -> PathBuf {
            self.0.join(FOLDER).join(FILE)
        }

        /// The cache as a run at this second sees it.
        fn at(&self, now: u64) -> Cache {
            Cache::open_at(&self.0, self.file(), now).unwrap()
        }
    }

    /// Runs `check` with rules, and with what answers an address by its /24.
    fn with(check: impl FnOnce(&Policy<'_>, &dyn Fn(&str) -> (Question, Outcome))) {
        let (servers, table) = (Servers::default(), Table::default());
        let policy =
            Policy { servers: &servers, table: &table, server: None, base: None, rdap: false, follow_any: false };
        let answered = |text: &str| {
            let question = Question::parse(text).unwrap();
            let server = policy.first(&question);
            let block = text.rsplit_once('.').unwrap().0;
            let reply = format!("NetRange: {block}.0 - {block}.255\nNetName: N-{text}\n");
            let hops = vec![server.to_string()];
            let parsed = Reply::parse(&reply);
            let found =
                Found::of_whois(&question, &server, &Rc::new(reply.clone().into_bytes()), &parsed, &hops, &table);
            let outcome =
                Outcome { found: Some(found), shareable: true, ..Outcome::without(Conclusion::Answered, hops) };
            (question, outcome)
        };
        check(&policy, &answered);
    }

    fn name(found: Option<Rc<Outcome>>) -> Option<String> {
        found.map(|outcome| outcome.found.as_ref().map_or("none".into(), |found| found.answer.name.clone()))
    }

    #[test]
    fn an_answer_is_there_for_a_day_and_for_its_range() {
        let caches = Caches::new();
        with(|policy, answered| {
            let mut cache = caches.at(1_000_000);
            let (question, outcome) = answered("8.8.8.8");
            cache.add(&question, &outcome, policy).unwrap();
            let gone = Question::parse("GOGL").unwrap();
            let none = Outcome::without(Conclusion::NoRecord("not found at x".into()), vec!["x".into()]);
            cache.add(&gone, &none, policy).unwrap();
            for (later, is_there) in [(0, true), (DAY - 1, true), (DAY, false)] {
                let cache = caches.at(1_000_000 + later);
                for (asked, want) in [("8.8.8.8", "N-8.8.8.8"), ("8.8.8.200", "N-8.8.8.8"), ("GOGL", "none")] {
                    let found = name(cache.find(&Question::parse(asked).unwrap(), policy));
                    assert_eq!(found.as_deref(), Some(want).filter(|_| is_there), "{asked} after {later} s");
                }
                assert!(cache.find(&Question::parse("8.8.9.8").unwrap(), policy).is_none());
            }
            // A listing is another thing than the record of the same name, and another server's answer, too.
            let cache = caches.at(1_000_000);
            assert!(cache.find(&Question::Holdings("GOGL".into()), policy).is_none());
            let server = Server::parse("whois.example").unwrap();
            assert!(cache.find(&question, &Policy { server: Some(&server), ..*policy }).is_none());
            assert!(cache.find(&question, &Policy { rdap: true, ..*policy }).is_none());
            // Where referrals are followed to anybody, another one may have answered.
            assert!(cache.find(&question, &Policy { follow_any: true, ..*policy }).is_none());
            // A clock that was set back keeps nothing of the future.
            assert!(caches.at(999_999).find(&question, policy).is_none());
        });
    }

    #[test]
    fn a_length_that_the_file_has_not_is_not_believed() {
        let caches = Caches::new();
        with(|policy, answered| {
            let (question, outcome) = answered("8.8.8.8");
            caches.at(1_000_000).add(&question, &outcome, policy).unwrap();
            let whole = String::from_utf8(std::fs::read(caches.file()).unwrap()).unwrap();
            let found = outcome.found.as_ref().unwrap();
            let claim = |length: usize| whole.replace(&format!("\t{}\t", found.bytes.len()), &format!("\t{length}\t"));
            for (length, places) in
                [(found.bytes.len(), 1), (found.bytes.len() + 1, 0), (4_000_000_000, 0), (u32::MAX as usize, 0)]
            {
                std::fs::write(caches.file(), claim(length)).unwrap();
                assert_eq!(caches.at(1_000_000).index.places().count(), places, "{length}");
            }
        });
    }

    #[test]
    fn a_file_that_is_cut_anywhere_keeps_what_was_complete() {
        let caches = Caches::new();
        with(|policy, answered| {
            let (first, second) = (answered("8.8.8.8"), answered("9.9.9.9"));
            let mut cache = caches.at(1_000_000);
            cache.add(&first.0, &first.1, policy).unwrap();
            let one = std::fs::metadata(caches.file()).unwrap().len();
            cache.add(&second.0, &second.1, policy).unwrap();
            drop(cache);
            let whole = std::fs::read(caches.file()).unwrap();
            for cut in one..whole.len() as u64 {
                std::fs::write(caches.file(), &whole[..cut as usize]).unwrap();
                let mut cache = caches.at(1_000_000);
                assert_eq!(name(cache.find(&first.0, policy)).as_deref(), Some("N-8.8.8.8"), "{cut}");
                assert_eq!(cache.find(&second.0, policy), None, "{cut}");
                // What follows a torn entry is found all the same.
                cache.add(&second.0, &second.1, policy).unwrap();
                drop(cache);
                assert_eq!(name(caches.at(1_000_000).find(&second.0, policy)).as_deref(), Some("N-9.9.9.9"), "{cut}");
            }
            // A byte that was changed makes its entry none.
            let at = whole.len() - 2;
            std::fs::write(caches.file(), [&whole[..at], b"X", &whole[at + 1..]].concat()).unwrap();
            assert_eq!(caches.at(1_000_000).find(&second.0, policy), None);
        });
    }

    #[test]
    fn a_full_cache_takes_nothing_more_and_says_so_once() {
        let caches = Caches::new();
        with(|policy, answered| {
            let mut cache = caches.at(1_000_000);
            let before = std::fs::metadata(caches.file()).unwrap().len();
            cache.length = BYTES - 100;
            let (question, outcome) = answered("8.8.8.8");
            let why = cache.add(&question, &outcome, policy).unwrap_err();
            assert_eq!(why, format!("{}: full, later answers are not kept", caches.file().display()));
            assert_eq!(cache.add(&question, &outcome, policy), Ok(()));
            assert_eq!(std::fs::metadata(caches.file()).unwrap().len(), before);
        });
    }

    #[test]
    fn two_runs_at_once_lose_nothing() {
        let caches = Caches::new();
        with(|policy, answered| {
            let (mut a, mut b) = (caches.at(1_000_000), caches.at(1_000_000));
            for i in 0..20 {
                for (cache, top) in [(&mut a, 8), (&mut b, 9)] {
                    let (question, outcome) = answered(&format!("{top}.8.{i}.8"));
                    cache.add(&question, &outcome, policy).unwrap();
                }
            }
            let cache = caches.at(1_000_000);
            for i in 0..20 {
                for top in [8, 9] {
                    let question = Question::parse(&format!("{top}.8.{i}.9")).unwrap();
                    assert_eq!(name(cache.find(&question, policy)), Some(format!("N-{top}.8.{i}.8")));
                }
            }
        });
    }

    #[test]
    fn what_is_old_goes_when_it_is_most_of_the_file() {
        let caches = Caches::new();
        with(|policy, answered| {
            let mut cache = caches.at(1_000_000);
            let (question, mut outcome) = answered("8.8.8.8");
            if let Some(found) = &mut outcome.found {
                Rc::make_mut(&mut found.bytes).extend(b"Comment: x\n".repeat(100_000));
            }
            cache.add(&question, &outcome, policy).unwrap();
            let (other, _) = answered("7.7.7.7");
            cache.add(&other, &outcome, policy).unwrap();
            drop(cache);
            let (young, outcome) = answered("9.9.9.9");
            caches.at(1_050_000).add(&young, &outcome, policy).unwrap();
            let before = std::fs::metadata(caches.file()).unwrap().len();
            // Another run is at it: it stays as it is.
            let other = caches.at(1_000_001);
            let cache = caches.at(1_100_000);
            assert_eq!(std::fs::metadata(caches.file()).unwrap().len(), before);
            drop((cache, other));
            let cache = caches.at(1_100_000);
            assert!(std::fs::metadata(caches.file()).unwrap().len() < 2000);
            assert_eq!(
                (cache.find(&question, policy), name(cache.find(&young, policy))),
                (None, Some("N-9.9.9.9".into()))
            );
            assert_eq!(std::fs::read_dir(caches.0.join(FOLDER)).unwrap().count(), 1, "something is left over");
        });
    }

    #[test]
    fn it_is_stale_when_most_of_it_is_dead_and_that_is_a_mebibyte_or_more() {
        let caches = Caches::new();
        let mut cache = caches.at(1_000_000);
        for (dead, length, is_stale) in [
            (1 << 20, 1 << 20, false),
            ((1 << 20) + 1, 1 << 20, true),
            (3 << 20, 6 << 20, false),
            ((3 << 20) + 1, 6 << 20, true),
        ] {
            (cache.index.dead, cache.length) = (dead, length);
            assert_eq!(cache.is_stale(), is_stale, "{dead} {length}");
        }
    }

    #[test]
    fn it_is_filled_to_its_last_byte() {
        let caches = Caches::new();
        with(|policy, answered| {
            let mut cache = caches.at(1_000_000);
            let (question, outcome) = answered("8.8.8.8");
            let before = cache.length;
            cache.add(&question, &outcome, policy).unwrap();
            let size = cache.length - before;
            assert_eq!(std::fs::metadata(caches.file()).unwrap().len(), cache.length);
            // What an earlier run asked is there already.
            cache.add(&question, &Outcome { cached: true, ..outcome.clone() }, policy).unwrap();
            assert_eq!(cache.length, before + size);
            for failed in [Conclusion::Failed("x".into()), Conclusion::Local("x".into())] {
                cache.add(&question, &Outcome::without(failed, Vec::new()), policy).unwrap();
            }
            assert_eq!(cache.length, before + size);
            cache.length = BYTES - size;
            assert_eq!(cache.add(&question, &outcome, policy), Ok(()));
            cache.length = BYTES - size + 1;
            assert!(cache.add(&question, &outcome, policy).is_err());
        });
    }

    #[test]
    fn a_key_says_by_what_rules_and_of_whom() {
        with(|policy, _| {
            let question = Question::parse("193.0.0.1").unwrap();
            let any = Policy { follow_any: true, ..*policy };
            let rdap = Policy { rdap: true, ..*policy };
            assert_eq!(key(&question, policy), "whois record whois.ripe.net");
            assert_eq!(key(&question, &any), "whois record whois.ripe.net any");
            assert_eq!(key(&question, &rdap), "rdap record https://rdap.db.ripe.net/");
            assert!(key(&Question::Holdings("X".into()), policy).starts_with("whois holdings "));
        });
    }

    #[test]
    fn a_found_answer_is_told_with_all_that_it_had() {
        let caches = Caches::new();
        with(|policy, answered| {
            let (question, outcome) = answered("8.8.8.8");
            caches.at(1_000_000).add(&question, &outcome, policy).unwrap();
            let none = Outcome::without(Conclusion::NoRecord("not found at x".into()), vec!["x".into(), "y".into()]);
            caches.at(1_000_000).add(&Question::As(7), &none, policy).unwrap();
            let cache = caches.at(1_000_000);
            let found = cache.find(&question, policy).unwrap();
            assert_eq!(*found, Outcome { cached: true, ..outcome });
            let found = cache.find(&Question::As(7), policy).unwrap();
            assert_eq!(*found, Outcome { cached: true, ..none });
        });
    }
}
