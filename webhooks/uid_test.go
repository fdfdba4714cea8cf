package webhooks

import "testing"

// The identity of a review is found in its beginning, in its place alone.
func TestReviewUID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"kind":"AdmissionReview","request":{"uid":"a","kind":{"group":"g"`: "a",
		`{"request":{"kind":{"uid":"b"},"uid":"a"`:                           "a",
		`{"other":{"uid":"b"},"request":{"dryRun":false,"size":1,"uid":"a"`:  "a",
		`{"uid":"b","request":{"name":"uid","uid":"a"`:                       "a",
		`{"request":{"userInfo":{"groups":["x"]},"uid":"a"`:                  "a",
		`{"request":{"userInfo":{"uid":"b"},"object":{"a":"`:                 "",
		`{"request":{"uid":"trunc`:                                           "",
		`{"other":{"uid":"b"}}`:                                              "",
		`"uid"`:                                                              "",
		``:                                                                   "",
	} {
		if got := reviewUID([]byte(text)); string(got) != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
