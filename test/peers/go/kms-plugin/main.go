// kms-plugin is a KMS plugin for tests, of both versions on one socket, made of Kubernetes' own k8s.io/kms. It wraps
// keys with AES-GCM under a key of its own, and prints a line for each call.
package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"google.golang.org/grpc"
	v1 "k8s.io/kms/apis/v1beta1"
	v2 "k8s.io/kms/apis/v2"
	"k8s.io/kms/pkg/service"
)

const annotation = "wrapped-by.kms-plugin.example"

type plugin struct {
	v1.UnimplementedKeyManagementServiceServer
	aead     cipher.AEAD
	keyID    string
	wrongKey bool
}

func main() {
	socket := flag.String("socket", "", "path of the socket, or @name of an abstract one")
	keyFile := flag.String("key-file", "", "file with the 32 bytes of the wrapping key")
	keyID := flag.String("key-id", "key-1", "what v2 calls the wrapping key")
	wrongKey := flag.Bool("wrong-key", false, "answer Decrypt with another key than the one that was wrapped")
	flag.Parse()
	key, err := os.ReadFile(*keyFile)
	check(err)
	block, err := aes.NewCipher(key)
	check(err)
	aead, err := cipher.NewGCM(block)
	check(err)
	if !strings.HasPrefix(*socket, "@") {
		os.Remove(*socket)
	}
	listener, err := net.Listen("unix", *socket)
	check(err)
	p := &plugin{aead: aead, keyID: *keyID, wrongKey: *wrongKey}
	server := grpc.NewServer()
	v1.RegisterKeyManagementServiceServer(server, p)
	v2.RegisterKeyManagementServiceServer(server, service.NewGRPCService("", 0, second{p}))
	fmt.Println("serving")
	check(server.Serve(listener))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (p *plugin) wrap(key []byte) ([]byte, error) {
	nonce := make([]byte, p.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return p.aead.Seal(nonce, nonce, key, nil), nil
}

func (p *plugin) unwrap(wrapped []byte) ([]byte, error) {
	size := p.aead.NonceSize()
	if len(wrapped) < size {
		return nil, errors.New("the wrapped key is too short")
	}
	key, err := p.aead.Open(nil, wrapped[:size], wrapped[size:], nil)
	if err != nil {
		return nil, errors.New("the wrapping key does not fit")
	}
	if p.wrongKey {
		rand.Read(key)
	}
	return key, nil
}

func (p *plugin) Version(context.Context, *v1.VersionRequest) (*v1.VersionResponse, error) {
	return &v1.VersionResponse{Version: "v1beta1", RuntimeName: "kms-plugin", RuntimeVersion: "0.0.1"}, nil
}

func (p *plugin) Decrypt(_ context.Context, request *v1.DecryptRequest) (*v1.DecryptResponse, error) {
	fmt.Println("v1 decrypt")
	if request.Version != "v1beta1" {
		return nil, fmt.Errorf("version %q is not v1beta1", request.Version)
	}
	key, err := p.unwrap(request.Cipher)
	if err != nil {
		return nil, err
	}
	return &v1.DecryptResponse{Plain: key}, nil
}

func (p *plugin) Encrypt(_ context.Context, request *v1.EncryptRequest) (*v1.EncryptResponse, error) {
	wrapped, err := p.wrap(request.Plain)
	return &v1.EncryptResponse{Cipher: wrapped}, err
}

// second is the same plugin as the interface of v2 has it.
type second struct{ *plugin }

func (p second) Status(context.Context) (*service.StatusResponse, error) {
	return &service.StatusResponse{Version: "v2", Healthz: "ok", KeyID: p.keyID}, nil
}

func (p second) Decrypt(_ context.Context, uid string, request *service.DecryptRequest) ([]byte, error) {
	fmt.Println("v2 decrypt")
	switch {
	case uid == "":
		return nil, errors.New("the request has no uid")
	case request.KeyID != p.keyID:
		return nil, fmt.Errorf("the key id is not %s", p.keyID)
	case string(request.Annotations[annotation]) != p.keyID:
		return nil, errors.New("the annotation did not come back")
	}
	return p.unwrap(request.Ciphertext)
}

func (p second) Encrypt(_ context.Context, _ string, key []byte) (*service.EncryptResponse, error) {
	wrapped, err := p.wrap(key)
	if err != nil {
		return nil, err
	}
	return &service.EncryptResponse{
		Ciphertext:  wrapped,
		KeyID:       p.keyID,
		Annotations: map[string][]byte{annotation: []byte(p.keyID)},
	}, nil
}
