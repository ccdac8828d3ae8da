#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# eks.cluster against moto's EKS: a cluster that is there, one that is not, and nobody to ask. Moto
# checks no signature; tests/unit/test-sigv4.c and the authenticator of test-net-kube.sh do.
#
#	tests/real/test-net-eks.sh [BUILD-FOLDER]
set -u
# shellcheck source=SCRIPTDIR/net.sh
. "$(dirname "${BASH_SOURCE[0]}")/net.sh"

server_start_moto "$dir" || exit 1
echo "# $(sed -n 's/^moto\(\[[^]]*\]\)\?==\([^ ]*\).*/moto \2/p' \
	"$net_top"/tests/servers/moto/requirements.txt | head -n 1)"
export AWS_ENDPOINT_URL_EKS=$SERVER_AWS AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=secret

signed='Credential=AKIATEST/20260101/us-west-2/eks/aws4_request'
jq -n '{name: "c1", roleArn: "arn:aws:iam::123456789012:role/cluster", version: "1.35",
	resourcesVpcConfig: {subnetIds: ["subnet-1"]},
	kubernetesNetworkConfig: {serviceIpv4Cidr: "10.100.0.0/16"}}' >"$dir/cluster.json"
server_curl -H "Authorization: AWS4-HMAC-SHA256 $signed, SignedHeaders=host, Signature=0" \
	-H 'Content-Type: application/json' --data @"$dir/cluster.json" \
	"$SERVER_AWS/clusters" >"$dir/out" 2>"$dir/err" ||
	{ cat "$dir/out" "$dir/err"; exit 1; }

call eks.cluster '{"name": "c1", "region": "us-west-2"}'
result 'a cluster is described' '.name == "c1" and .status == "ACTIVE" and .version == "1.35"
	and (.endpoint | startswith("https://")) and (.certificateAuthority | length > 0)
	and (.arn | test("^arn:aws:eks:us-west-2:[0-9]+:cluster/c1$"))
	and .serviceCidr == "10.100.0.0/16"'
call eks.cluster '{"name": "c1", "region": "us-east-1"}'
fault 'in another region it is not there' eks.not_found 'eks:DescribeCluster c1 in us-east-1'
call eks.cluster '{"name": "c2", "region": "us-west-2", "credentials": {"accessKeyId": "AKIAOTHER",
	"secretAccessKey": "s", "source": "environment"}}'
fault 'nor is another, and the fault says who asked' eks.not_found 'AKIAOTHER'
call eks.cluster '{"name": "c1", "region": "us-west-2.evil.example/"}'
fault 'a region that is none is refused' aws.region
call eks.cluster '{"region": "us-west-2"}'
fault 'so is a request without a name' net.request
server_stop moto
call eks.cluster '{"name": "c1", "region": "us-west-2"}' 5000
fault 'nobody to ask' net.connect 'Connection refused'
net_done
