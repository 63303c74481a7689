"""Files and variables from which credentials are to be found, as data: each source alone, in pairs, and in broken forms.

A situation is a dict: name; env, config, keys (texts of ~/.aws/config and ~/.aws/credentials), files (by path below the home folder), profile (as
--profile), modes (what is broken at the server). {URL} and {HOME} stand for the server and the home folder.
"""
import hashlib
import itertools
import json
import time

ROLE = "arn:aws:iam::111122223333:role/"
KEYS = "aws_access_key_id = {0}\naws_secret_access_key = s\n"
SESSION = "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-central-1\n"
BASE = "[base]\n" + KEYS.format("AKIABASE")


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def token(name, life=20000, access="sso-token", **more):
    """The cached token of an SSO session, as {path: text}."""
    content = {"startUrl": "https://corp.example/start", "region": "eu-central-1", "accessToken": access, "expiresAt": stamp(life), **more}
    return {f".aws/sso/cache/{hashlib.sha1(name.encode()).hexdigest()}.json": json.dumps(content)}


def renewable(**more):
    return {"clientId": "c", "clientSecret": "s", "refreshToken": "rt", "registrationExpiresAt": stamp(90000), **more}


def prints(text, code=0):
    """A program for credential_process."""
    return {"get": f"#!/bin/sh\ncat <<'E'\n{text}\nE\nexit {code}\n"}


def output(**more):
    return json.dumps({"Version": 1, "AccessKeyId": "AKIAPROGRAM", "SecretAccessKey": "s", **more})


# Each block: lines of the profile in config and in credentials, variables, files, other sections of config, modes. Later blocks win where keys meet.
BLOCKS = {
    "environment": {"env": {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}},
    "environment with token": {"env": {"AWS_ACCESS_KEY_ID": "AKIAENVT", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "envtoken"}},
    "role": {"config": {"role_arn": ROLE + "a", "source_profile": "base"}},
    "web identity by variables": {"env": {"AWS_WEB_IDENTITY_TOKEN_FILE": "{HOME}/web", "AWS_ROLE_ARN": ROLE + "webenv"}, "files": {"web": "eyJ.web"}},
    "web identity": {"config": {"web_identity_token_file": "{HOME}/web", "role_arn": ROLE + "web"}, "files": {"web": "eyJ.web"}},
    "sso": {"config": {"sso_session": "corp", "sso_account_id": "1234", "sso_role_name": "Dev"}, "sections": SESSION, "files": token("corp", **renewable())},
    "old sso": {"config": {"sso_start_url": "https://corp.example/start", "sso_region": "eu-central-1", "sso_account_id": "1234", "sso_role_name": "Old"},
                "files": token("https://corp.example/start")},
    "credentials file": {"keys": {"aws_access_key_id": "AKIAKEYS", "aws_secret_access_key": "s"}},
    "program": {"config": {"credential_process": "{HOME}/get"}, "files": prints(output())},
    "config file": {"config": {"aws_access_key_id": "AKIACONF", "aws_secret_access_key": "s", "aws_session_token": "conftoken"}},
    "container": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container"}},
    "instance": {"env": {"AWS_EC2_METADATA_DISABLED": "false"}, "modes": {"imds": "v2"}},
}


def section(name, lines):
    return "".join([f"[{name}]\n"] + [f"{k} = {v}\n" for k, v in lines.items()]) if lines else ""


def compose(blocks, choose):
    """One situation of several blocks; choose: how the profile is named."""
    merged = {"config": {}, "keys": {}, "env": {}, "files": {}, "sections": "", "modes": {}}
    for block in blocks:
        for part, content in BLOCKS[block].items():
            if part == "sections":
                merged[part] += content
            else:
                merged[part].update(content)
    name = "default" if choose == "default" else "p"
    config = section("default" if name == "default" else "profile p", merged["config"] or {"region": "eu-west-1"})
    s = {"name": " + ".join(blocks) + f" ({choose})", "config": config + merged["sections"], "keys": section(name, merged["keys"]) + BASE, "env": dict(merged["env"]),
         "files": merged["files"], "modes": merged["modes"]}
    if choose == "AWS_PROFILE":
        s["env"]["AWS_PROFILE"] = "p"
    if choose == "--profile":
        s["profile"] = "p"
    return s


def case(name, **parts):
    return {"name": name, "keys": BASE, **parts}


def role(lines, keys=BASE, **more):
    return {"config": f"[default]\nrole_arn = {ROLE}r\n{lines}", "keys": keys, **more}


def broken():
    """Broken and odd forms, source by source."""
    env, keys = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}, KEYS.format
    yield case("nothing anywhere", keys="")
    yield case("a key id in the environment, no secret", env={"AWS_ACCESS_KEY_ID": "AKIAENV"})
    yield case("a secret in the environment, no key id", env={"AWS_SECRET_ACCESS_KEY": "s"})
    yield case("the older name of the token", env={**env, "AWS_SECURITY_TOKEN": "older"})
    yield case("both names of the token", env={**env, "AWS_SECURITY_TOKEN": "older", "AWS_SESSION_TOKEN": "newer"})
    yield case("the environment's keys have ended", env={**env, "AWS_CREDENTIAL_EXPIRATION": stamp(-60)})
    yield case("the environment's keys end tomorrow", env={**env, "AWS_CREDENTIAL_EXPIRATION": stamp(86400)})
    yield case("the environment's end is no time", env={**env, "AWS_CREDENTIAL_EXPIRATION": "soon"})
    yield case("empty variables", env={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, keys="[default]\n" + keys("AKIAKEYS"))

    yield case("a key id in a file, no secret", keys="[default]\naws_access_key_id = AKIAHALF\n")
    yield case("a secret in a file, no key id", keys="[default]\naws_secret_access_key = s\n")
    yield case("half in each file", config="[default]\naws_secret_access_key = s\n", keys="[default]\naws_access_key_id = AKIAHALF\n")
    yield case("a profile that is not there", env={"AWS_PROFILE": "nobody"})
    yield case("a profile that is not there, by option", profile="nobody")
    yield case("a profile that is not there, and keys in the environment", env={**env, "AWS_PROFILE": "nobody"})
    yield case("two variables name a profile", env={"AWS_DEFAULT_PROFILE": "one", "AWS_PROFILE": "two"}, keys=f"[one]\n{keys('AKIAONE')}[two]\n{keys('AKIATWO')}")
    yield case("a profile in quotes", env={"AWS_PROFILE": "my team"}, config=f"[profile \"my team\"]\n{keys('AKIATEAM')}")
    yield case("profile default in its long form", config=f"[profile default]\n{keys('AKIALONG')}")
    yield case("both forms of default", config=f"[default]\n{keys('AKIASHORT')}[profile default]\n{keys('AKIALONG')}")
    yield case("a section without `profile`", env={"AWS_PROFILE": "x"}, config=f"[x]\n{keys('AKIAX')}")
    yield case("a config file without brackets", config="[default\nregion = x\n")
    yield case("a credentials file without brackets", keys="[default\nregion = x\n")
    yield case("a line before the first section", config="region = x\n[default]\n" + keys("AKIAC"))
    yield case("a line without value", config="[default]\nregion\n" + keys("AKIAC"))
    yield case("a key written twice", keys="[default]\n" + keys("AKIAONE") + keys("AKIATWO"))
    yield case("a section written twice", keys="[default]\n" + keys("AKIAONE") + "[default]\n" + keys("AKIATWO"))
    yield case("capitals and colons", keys="[default]\nAWS_Access_Key_ID: AKIACAPS\naws_secret_access_key:s\n")
    yield case("comments", keys="# first\n[default]\n; second\n" + keys("AKIACOMM"))
    yield case("other files", env={"AWS_SHARED_CREDENTIALS_FILE": "{HOME}/k", "AWS_CONFIG_FILE": "{HOME}/c"}, files={"k": "[default]\n" + keys("AKIAELSE"), "c": ""})
    yield case("other files that are not there", env={"AWS_SHARED_CREDENTIALS_FILE": "{HOME}/k", "AWS_CONFIG_FILE": "{HOME}/c"}, keys="[default]\n" + keys("AKIAKEYS"))
    yield case("the older name of the token in a file", keys="[default]\n" + keys("AKIAOLD") + "aws_security_token = older\n")
    yield case("both names of the token in a file", keys="[default]\n" + keys("AKIAOLD") + "aws_security_token = older\naws_session_token = newer\n")

    yield case("a role with all its settings", **role("source_profile = base\nexternal_id = e-1\nrole_session_name = me\nduration_seconds = 1800\n"))
    yield case("a role in the credentials file", keys=f"[default]\nrole_arn = {ROLE}r\nsource_profile = base\n" + BASE)
    yield case("a role without source", **role(""))
    yield case("a role with two sources", **role("source_profile = base\ncredential_source = Environment\n"))
    yield case("a role with a source that is not there", **role("source_profile = nobody\n"))
    yield case("a role with a source without credentials", **role("source_profile = empty\n[profile empty]\nregion = x\n"))
    yield case("a role with a source that has half a key", **role("source_profile = half\n", keys="[half]\naws_access_key_id = AKIAHALF\n"))
    yield case("a role of a role", **role(f"source_profile = m\n[profile m]\nrole_arn = {ROLE}m\nsource_profile = base\n"))
    yield case("a role of a role of a role", **role(f"source_profile = m\n[profile m]\nrole_arn = {ROLE}m\nsource_profile = n\n[profile n]\nrole_arn = {ROLE}n\nsource_profile = base\n"))
    yield case("a ring of two", **role(f"source_profile = m\n[profile m]\nrole_arn = {ROLE}m\nsource_profile = default\n"))
    yield case("a ring further down", **role(f"source_profile = m\n[profile m]\nrole_arn = {ROLE}m\nsource_profile = n\n[profile n]\nrole_arn = {ROLE}n\nsource_profile = m\n"))
    yield case("a role of itself with keys", **role("source_profile = default\n" + keys("AKIASELF")))
    yield case("a role of itself without keys", **role("source_profile = default\n"))
    yield case("a role of a profile with keys and a role", **role(f"source_profile = m\n[profile m]\nrole_arn = {ROLE}m\nsource_profile = base\n{keys('AKIAM')}"))
    yield case("a role of SSO", **role("source_profile = m\n" + section("profile m", BLOCKS["sso"]["config"]) + SESSION), files=token("corp"))
    yield case("a role of a program", **role("source_profile = m\n[profile m]\ncredential_process = {HOME}/get\n"), files=prints(output()))
    yield case("a role of a web identity", **role(f"source_profile = m\n[profile m]\nrole_arn = {ROLE}m\nweb_identity_token_file = {{HOME}}/web\n"), files={"web": "eyJ.web"})
    yield case("a role of a profile, web identity in variables", **role("source_profile = m\n[profile m]\nregion = x\n"), env=BLOCKS["web identity by variables"]["env"],
               files={"web": "eyJ.web"})
    yield case("a role of the environment", **role("credential_source = Environment\n"), env=env)
    yield case("a role of the environment, by option", **role("credential_source = Environment\n"), env=env, profile="default")
    yield case("a role of the environment without keys", **role("credential_source = Environment\n"))
    yield case("a role of the container", **role("credential_source = EcsContainer\n"), env=BLOCKS["container"]["env"])
    yield case("a role of the container without one", **role("credential_source = EcsContainer\n"))
    yield case("a role of the instance", **role("credential_source = Ec2InstanceMetadata\n"), **BLOCKS["instance"])
    yield case("a role of the instance without one", **role("credential_source = Ec2InstanceMetadata\n"))
    yield case("a source of another case", **role("credential_source = environment\n"))
    yield case("a source that nobody knows", **role("credential_source = Laptop\n"))
    yield case("a length that is no number", **role("source_profile = base\nduration_seconds = long\n"))
    yield case("a role that is denied", config=f"[default]\nrole_arn = {ROLE}denied\nsource_profile = base\n")
    yield case("a role of a role that is denied", **role(f"source_profile = m\n[profile m]\nrole_arn = {ROLE}denied\nsource_profile = base\n"))
    yield case("a role with MFA and no terminal", **role("source_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n"))

    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": "{HOME}/web"}
    yield case("a web identity without role", env=web, files={"web": "t"})
    yield case("a web identity without file", env={**web, "AWS_ROLE_ARN": ROLE + "w"})
    yield case("a web identity with a name", env={**web, "AWS_ROLE_ARN": ROLE + "w", "AWS_ROLE_SESSION_NAME": "pod"}, files={"web": "eyJ.t"})
    yield case("a web identity's role from the profile", env=web, config=f"[default]\nrole_arn = {ROLE}w\n", files={"web": "eyJ.t"})
    yield case("a web identity's file from the profile, role from a variable", env={"AWS_ROLE_ARN": ROLE + "w"}, config="[default]\nweb_identity_token_file = {HOME}/web\n",
               files={"web": "eyJ.t"})
    yield case("a web identity that is denied", env={**web, "AWS_ROLE_ARN": ROLE + "denied"}, files={"web": "eyJ.t"})
    yield case("a web identity and a source profile", config=f"[default]\nweb_identity_token_file = {{HOME}}/web\nrole_arn = {ROLE}w\nsource_profile = base\n", files={"web": "eyJ.t"})
    yield case("a web identity's token ends in a line break", env={**web, "AWS_ROLE_ARN": ROLE + "w"}, files={"web": "eyJ.t\n"})

    sso = section("default", BLOCKS["sso"]["config"]) + SESSION
    old = section("default", BLOCKS["old sso"]["config"])
    yield case("SSO, not signed in", config=sso)
    yield case("SSO, the token ended", config=sso, files=token("corp", -60))
    yield case("SSO, the token ended and is renewed", config=sso, files=token("corp", -60, **renewable()))
    yield case("SSO, the token ends soon and is renewed", config=sso, files=token("corp", 300, **renewable()))
    yield case("SSO, the token ends soon and cannot be renewed", config=sso, files=token("corp", 300, **renewable()), modes={"refresh": "fails"})
    yield case("SSO, the token ended and cannot be renewed", config=sso, files=token("corp", -60, **renewable()), modes={"refresh": "fails"})
    yield case("SSO, the token ends soon and its client has ended", config=sso, files=token("corp", 300, **renewable(registrationExpiresAt=stamp(-5))))
    yield case("SSO, the token is no JSON", config=sso, files={next(iter(token("corp"))): "no"})
    yield case("SSO, the token has no end", config=sso, files={next(iter(token("corp"))): "{\"accessToken\": \"x\"}"})
    yield case("SSO, the token is refused", config=sso, files=token("corp"), modes={"sso": "unauthorized"})
    yield case("SSO, the role is refused", config=sso, files=token("corp"), modes={"sso": "forbidden"})
    yield case("SSO without role", config="[default]\nsso_session = corp\nsso_account_id = 1\n" + SESSION, files=token("corp"))
    yield case("SSO without account", config="[default]\nsso_session = corp\nsso_role_name = R\n" + SESSION, files=token("corp"))
    yield case("SSO with a session alone", config="[default]\nsso_session = corp\n" + SESSION, files=token("corp"))
    yield case("SSO with a session that is not there", config="[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = R\n" + SESSION, files=token("corp"))
    yield case("SSO with a session without region", config=section("default", BLOCKS["sso"]["config"]) + "[sso-session corp]\nsso_start_url = x\n", files=token("corp"))
    yield case("SSO whose profile and session agree", config=section("default", {**BLOCKS["sso"]["config"], "sso_region": "eu-central-1"}) + SESSION, files=token("corp"))
    yield case("SSO whose profile and session differ", config=section("default", {**BLOCKS["sso"]["config"], "sso_region": "eu-north-1"}) + SESSION, files=token("corp"))
    yield case("old SSO, the token ended", config=old, files=token("https://corp.example/start", -60))
    yield case("old SSO, not signed in", config=old)
    yield case("old SSO without region", config="[default]\nsso_start_url = x\nsso_account_id = 1\nsso_role_name = R\n", files=token("x"))

    program = "[default]\ncredential_process = {HOME}/get\n"
    yield case("a program with token and end", config=program, files=prints(output(SessionToken="pt", Expiration=stamp(3600))))
    yield case("a program whose keys have ended", config=program, files=prints(output(SessionToken="pt", Expiration=stamp(-60))))
    yield case("a program that fails", config=program, files=prints("", 3))
    yield case("a program that is not there", config=program)
    yield case("a program that prints text", config=program, files=prints("hello"))
    yield case("a program that prints a list", config=program, files=prints("[]"))
    yield case("a program of version 2", config=program, files=prints(output(Version=2)))
    yield case("a program without version", config=program, files=prints('{"AccessKeyId": "A", "SecretAccessKey": "s"}'))
    yield case("a program without secret", config=program, files=prints('{"Version": 1, "AccessKeyId": "A"}'))
    yield case("a program with null as token", config=program, files=prints(output(SessionToken=None, Expiration=None)))
    yield case("a program with words in quotes", config="[default]\ncredential_process = {HOME}/get 'a b' \"c \\\" d\" e\\ f\n",
               files={"get": "#!/bin/sh\n[ \"$#/$1/$2/$3\" = '3/a b/c \" d/e f' ] && echo '" + output() + "'\n"})
    yield case("a program with shell's words", config="[default]\ncredential_process = {HOME}/get $HOME ; true\n",
               files={"get": "#!/bin/sh\n[ \"$#/$1/$2/$3\" = '3/$HOME/;/true' ] && echo '" + output() + "'\n"})
    yield case("a program with an open quote", config="[default]\ncredential_process = {HOME}/get 'x\n", files=prints(output()))
    yield case("a program in the credentials file", keys="[default]\ncredential_process = {HOME}/get\n", files=prints(output()))

    full = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{URL}/container"}
    yield case("a container with a token", env={**full, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer x"})
    yield case("a container with a token's file", env={**full, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{HOME}/t"}, files={"t": "from-file"})
    yield case("a container with both tokens", env={**full, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{HOME}/t", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "var"}, files={"t": "from-file"})
    yield case("a container's token with a line break", env={**full, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{HOME}/t"}, files={"t": "from-file\r\nX: y"})
    yield case("a container's token file that is not there", env={**full, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{HOME}/t"})
    yield case("a container that says 404", env=full, modes={"container": "missing"})
    yield case("a container that says text", env=full, modes={"container": "text"})
    yield case("a container elsewhere", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/x"})
    yield case("a container at an address that is not its own", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.169.254/x"})
    yield case("a container at no address", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "nowhere"})

    on = {"AWS_EC2_METADATA_DISABLED": "false"}
    yield case("an instance of the older way", env=on, modes={"imds": "v1"})
    yield case("an instance of the older way, switched off", env={**on, "AWS_EC2_METADATA_V1_DISABLED": "true"}, modes={"imds": "v1"})
    yield case("an instance without role", env=on, modes={})
    yield case("an instance whose role EC2 cannot assume", env=on, modes={"imds": "no role"})
    yield case("an instance, switched off", env={"AWS_EC2_METADATA_DISABLED": "True"}, modes={"imds": "v2"})
    yield case("an instance at no address", env={**on, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "nowhere"}, modes={"imds": "v2"})
    yield case("an instance of an odd mode", env={**on, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv5"}, modes={"imds": "v2"})


def all_situations():
    for block in BLOCKS:
        for choose in ("default", "AWS_PROFILE", "--profile"):
            yield compose([block], choose)
    for pair in itertools.combinations(BLOCKS, 2):
        yield compose(pair, "AWS_PROFILE")
    yield from broken()
