package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
)

// File is one rule file that is to be hashed: its name, its length in bytes and how to read it.
type File struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// PartDigest is the digest of a part: over its bytes as stored, so that nothing is decoded before it matched.
func PartDigest(salt []byte, r io.Reader) (string, error) {
	mac := PartHash(salt)
	if _, err := io.Copy(mac, r); err != nil {
		return "", err
	}
	return Sum(mac), nil
}

// PartHash is for parts that are hashed while they are read; Sum ends it.
func PartHash(salt []byte) hash.Hash { return hmac.New(sha256.New, salt) }

// Sum is what was hashed, in hexadecimal digits.
func Sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// ConfigDigest is the digest of a configuration made of these parts, in this order.
func ConfigDigest(salt []byte, parts []Part) string {
	mac := setMac(salt, Config)
	for _, p := range parts {
		fmt.Fprintf(mac, "%s %s\n", p.Key, p.Digest)
	}
	return Sum(mac)
}

// RulesDigest is the digest of a set of rule files with these bucket digests, keyed by bucket number in decimal.
func RulesDigest(salt []byte, buckets map[string]string) string {
	mac := setMac(salt, Rules)
	for n := range Buckets {
		if digest, ok := buckets[strconv.Itoa(n)]; ok {
			fmt.Fprintf(mac, "%d %s\n", n, digest)
		}
	}
	return Sum(mac)
}

// bucketOf is the bucket that a rule file of this name belongs to.
func bucketOf(name string) int {
	h := sha256.Sum256([]byte(name))
	return int(h[0]) % Buckets
}

// BucketDigests hashes rule files, in any order, into the digests of their non-empty buckets.
func BucketDigests(salt []byte, files []File) (map[string]string, error) {
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(a, b File) int {
		if d := bucketOf(a.Name) - bucketOf(b.Name); d != 0 {
			return d
		}
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	digests := map[string]string{}
	for len(sorted) > 0 {
		bucket := bucketOf(sorted[0].Name)
		mac := hmac.New(sha256.New, salt)
		for len(sorted) > 0 && bucketOf(sorted[0].Name) == bucket {
			if err := hashFile(mac, sorted[0]); err != nil {
				return nil, err
			}
			sorted = sorted[1:]
		}
		digests[strconv.Itoa(bucket)] = Sum(mac)
	}
	return digests, nil
}

func hashFile(w io.Writer, f File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	fmt.Fprintf(w, "%s\n%d\n", f.Name, f.Size)
	n, err := io.Copy(w, r)
	if err == nil && n != f.Size {
		err = fmt.Errorf("%s: read %d bytes of %d: it changed while it was read", f.Name, n, f.Size)
	}
	return err
}

func setMac(salt []byte, d Domain) hash.Hash {
	mac := hmac.New(sha256.New, salt)
	fmt.Fprintf(mac, "promloop/v1 %s\n", d)
	return mac
}
