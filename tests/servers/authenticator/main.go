/* SPDX-License-Identifier: Apache-2.0 */

// The real aws-iam-authenticator server (token verifier, ARN mapper and TokenReview webhook) with
// the one thing replaced that a test machine cannot reach: AWS STS. The default transport dials
// every sts.*.amazonaws.com to a handler in this process (sts.go), and nothing else at all.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/aws-iam-authenticator/pkg/config"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper"
	"sigs.k8s.io/aws-iam-authenticator/pkg/metrics"
	"sigs.k8s.io/aws-iam-authenticator/pkg/server"
)

// document is the mapping file: who exists in the pretended AWS account, and whom the cluster maps
// to what, in the words of aws-auth (mapRoles, mapUsers; {{SessionName}} and the like work).
type document struct {
	ClusterID   string               `json:"clusterID"`
	Credentials []credential         `json:"credentials"`
	MapRoles    []config.RoleMapping `json:"mapRoles"`
	MapUsers    []config.UserMapping `json:"mapUsers"`
}

func main() {
	mapping := flag.String("mapping", "", "JSON `file` of credentials, mapRoles and mapUsers")
	state := flag.String("state-dir", "", "`directory` for the webhook's key and certificate")
	kubeconfig := flag.String("kubeconfig", "", "`file` to write the webhook's kubeconfig to")
	address := flag.String("address", "127.0.0.1", "address to listen on")
	port := flag.Int("port", 21362, "port to listen on")
	flag.Parse()

	text, err := os.ReadFile(*mapping)
	if err != nil {
		log.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		log.Fatalf("%s: %v", *mapping, err)
	}
	// The server asks IMDS for its region, which only a real instance could answer.
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	os.Setenv("AWS_REGION", "us-west-2")
	transport, err := startSTS(doc.Credentials)
	if err != nil {
		log.Fatal(err)
	}
	http.DefaultTransport = transport
	metrics.InitMetrics(prometheus.DefaultRegisterer)

	stop := make(chan struct{})
	server.New(config.Config{
		PartitionID:            "aws",
		ClusterID:              doc.ClusterID,
		HostPort:               *port,
		Hostname:               *address,
		Address:                *address,
		GenerateKubeconfigPath: *kubeconfig,
		StateDir:               *state,
		RoleMappings:           doc.MapRoles,
		UserMappings:           doc.MapUsers,
		BackendMode:            []string{mapper.ModeMountedFile},
	}, stop).Run(stop)
}
