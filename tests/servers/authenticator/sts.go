/* SPDX-License-Identifier: Apache-2.0 */

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go/aws/arn"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/endpoints"
	v4 "github.com/aws/aws-sdk-go/aws/signer/v4"
)

// credential is a principal that the pretended STS knows.
type credential struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	ARN             string `json:"arn"`
	UserID          string `json:"userId"`
}

// Amazon honours a presigned GetCallerIdentity for 15 minutes, whatever X-Amz-Expires says (the
// authenticator's own source says so), and allows clocks to differ by five.
const (
	lifetime = 15 * time.Minute
	skew     = 5 * time.Minute
)

// startSTS serves GetCallerIdentity over TLS on a loopback port of its own, and returns a transport
// that takes every STS host there and refuses to dial anything else.
func startSTS(known []credential) (http.RoundTripper, error) {
	certificate, roots, err := selfSigned()
	if err != nil {
		return nil, err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0",
		&tls.Config{Certificates: []tls.Certificate{*certificate}})
	if err != nil {
		return nil, err
	}
	byKey := map[string]credential{}
	for _, c := range known {
		byKey[c.AccessKeyID] = c
	}
	go func() {
		log.Fatal(http.Serve(listener, http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { answer(byKey, w, r) })))
	}()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(host, "sts.") || !strings.HasSuffix(host, ".amazonaws.com") {
			return nil, fmt.Errorf("%s is not an STS host", address)
		}
		var d net.Dialer
		return d.DialContext(ctx, network, listener.Addr().String())
	}
	return &http.Transport{
		DialContext:     dial,
		TLSClientConfig: &tls.Config{RootCAs: roots},
	}, nil
}

// regionalHosts names the STS host of every region the SDK knows: a wildcard certificate stands for
// the first label only, and the first label of these is "sts".
func regionalHosts() []string {
	hosts := []string{}
	for _, partition := range endpoints.DefaultPartitions() {
		for region := range partition.Regions() {
			hosts = append(hosts, "sts."+region+"."+partition.DNSSuffix())
		}
	}
	return hosts
}

func selfSigned() (*tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "pretended STS"},
		DNSNames:              append(regionalHosts(), "sts.amazonaws.com"),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots, nil
}

// answer does what STS does: it believes nothing but a signature it can make again itself.
func answer(known map[string]credential, w http.ResponseWriter, r *http.Request) {
	who, err := verify(known, r)
	query := r.URL.Query()
	key, _, _ := strings.Cut(query.Get("X-Amz-Credential"), "/")
	if err != nil {
		log.Printf("sts: refused key=%q cluster=%q: %v", key, r.Header.Get("x-k8s-aws-id"), err)
		w.WriteHeader(http.StatusForbidden)
		json.NewEncoder(w).Encode(map[string]any{"Error": map[string]string{
			"Code": "SignatureDoesNotMatch", "Message": err.Error()}})
		return
	}
	log.Printf("sts: GetCallerIdentity key=%q arn=%q", key, who.ARN)
	name, _ := arn.Parse(who.ARN)
	json.NewEncoder(w).Encode(map[string]any{"GetCallerIdentityResponse": map[string]any{
		"GetCallerIdentityResult": map[string]string{
			"Account": name.AccountID, "Arn": who.ARN, "UserId": who.UserID},
		"ResponseMetadata": map[string]string{"RequestId": "0"}}})
}

func verify(known map[string]credential, r *http.Request) (*credential, error) {
	query := r.URL.Query()
	if query.Get("Action") != "GetCallerIdentity" || query.Get("Version") != "2011-06-15" {
		return nil, errors.New("only GetCallerIdentity of 2011-06-15 is answered")
	}
	if query.Get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" {
		return nil, errors.New("unknown algorithm")
	}
	scope := strings.Split(query.Get("X-Amz-Credential"), "/")
	if len(scope) != 5 || scope[3] != "sts" || scope[4] != "aws4_request" {
		return nil, errors.New("malformed credential scope")
	}
	who, found := known[scope[0]]
	if !found {
		return nil, errors.New("the security token included in the request is invalid")
	}
	if query.Get("X-Amz-Security-Token") != who.SessionToken {
		return nil, errors.New("the session token is not this key's")
	}
	if region := strings.TrimPrefix(r.Host, "sts."); region != scope[2]+".amazonaws.com" &&
		(region != "amazonaws.com" || scope[2] != "us-east-1") {
		return nil, fmt.Errorf("scope of %s on %s", scope[2], r.Host)
	}
	return &who, verifySignature(who, scope, r)
}

// verifySignature signs the request again with Amazon's SDK, from the secret this side knows and
// the headers as they arrived: that x-k8s-aws-id is among them is what binds a token to a cluster.
func verifySignature(who credential, scope []string, r *http.Request) error {
	query := r.URL.Query()
	at, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
	if err != nil || at.Format("20060102") != scope[1] {
		return errors.New("malformed date")
	}
	if age := time.Since(at); age > lifetime || age < -skew {
		return fmt.Errorf("signature expired: %s old", age)
	}
	expires, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil {
		return errors.New("malformed expiry")
	}
	plain := url.Values{}
	for name, values := range query {
		if !strings.HasPrefix(name, "X-Amz-") {
			plain[name] = values
		}
	}
	again, err := http.NewRequest(r.Method, "https://"+r.Host+"/?"+plain.Encode(), nil)
	if err != nil {
		return err
	}
	for _, name := range strings.Split(query.Get("X-Amz-SignedHeaders"), ";") {
		if name != "host" {
			again.Header.Set(name, r.Header.Get(name))
		}
	}
	signer := v4.NewSigner(credentials.NewStaticCredentials(
		who.AccessKeyID, who.SecretAccessKey, who.SessionToken))
	lasts := time.Duration(expires) * time.Second
	if _, err := signer.Presign(again, nil, "sts", scope[2], lasts, at); err != nil {
		return err
	}
	if again.URL.Query().Get("X-Amz-SignedHeaders") != query.Get("X-Amz-SignedHeaders") {
		return errors.New("signed headers are not in canonical form")
	}
	if again.URL.Query().Get("X-Amz-Signature") != query.Get("X-Amz-Signature") {
		return errors.New("the request signature we calculated does not match")
	}
	return nil
}
