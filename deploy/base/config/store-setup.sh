# Makes the bucket "fathom", and a user who may use that bucket alone. Doing it again changes nothing.
set -eu
policy="${0%/*}/store-policy.json"
mc --quiet alias set store "$STORE_URL" "$STORE_ROOT_USER" "$STORE_ROOT_PASSWORD"
mc mb --ignore-existing store/fathom
mc admin policy create store only-fathom "$policy"
mc admin user add store "$STORE_ACCESS_KEY" "$STORE_SECRET_KEY"
case $(mc admin user info store "$STORE_ACCESS_KEY") in
  *only-fathom*) ;;
  *) mc admin policy attach store only-fathom --user "$STORE_ACCESS_KEY" ;;
esac
