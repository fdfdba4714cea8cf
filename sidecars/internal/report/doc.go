// Package report tells others what the state is: as JSON with long polls, as metrics, as health. It reads states and changes
// nothing; what is in a set is never told.
package report
