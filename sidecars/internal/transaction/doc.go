// Package transaction decides when and how a set is loaded, and carries it out.
//
// Next is the whole policy, pure: a state and an event in, a state and at most one action out. The Driver does the action,
// and what comes of it is the next event. One action at a time, so two POSTs are never in flight.
//
// A load is a transaction over three things that cannot change together: the link that Prometheus reads through, what
// Prometheus runs, and what we say it runs. In order, under a lock shared by both domains:
//
//  1. journal {domain, from, to}: from here on it is unknown what runs
//  2. flip the link
//  3. POST, and ask whether it was successful
//  4. remove the journal: the set is proved and committed
//     or flip back, POST, and remove the journal: the set is refused
//
// So: no journal, and Prometheus runs what the link names, or will when it starts next. With a journal nothing is reported as
// loaded until whoever holds the lock next has resolved it, whichever domain that is.
package transaction
